<?php
// A receiver with one planted mistake: MISTAKE=... php -S 127.0.0.1:0 php.php
$secret = getenv('VOVE_WEBHOOK_SECRET');
$key = base64_decode(substr($secret, 6));
$raw = file_get_contents('php://input');
$id = $_SERVER['HTTP_SVIX_ID'] ?? '';
$ts = $_SERVER['HTTP_SVIX_TIMESTAMP'] ?? '';
$header = $_SERVER['HTTP_SVIX_SIGNATURE'] ?? '';

function listed($header, $mac) {
    foreach (explode(' ', $header) as $entry) {
        if (hash_equals("v1,$mac", $entry)) return true;
    }
    return false;
}
function fresh($ts) { return ctype_digit($ts) && abs(time() - (int) $ts) <= 300; }
function b64($key, $content) { return base64_encode(hash_hmac('sha256', $content, $key, true)); }
function done($ok, $status = 401, $words = '') { http_response_code($ok ? 200 : $status); echo $words; exit; }

$given = $id !== '' && $header !== '' && fresh($ts);
switch (getenv('MISTAKE')) {
    case 'none': done($given && listed($header, b64($key, "$id.$ts.$raw")));
    case 'json-encode': done($given && listed($header, b64($key, "$id.$ts." . json_encode(json_decode($raw)))));
    case 'post-array': done($given && listed($header, b64($key, "$id.$ts." . json_encode($_POST))));
    case 'hex-in-base64': done($given && listed($header, base64_encode(hash_hmac('sha256', "$id.$ts.$raw", $key))));
    case 'getallheaders': $h = getallheaders(); done($given && isset($h['Svix-Id']) && listed($h['Svix-Signature'], b64($key, "$id.$ts.$raw")));
    case 'wrong-server-names': done(isset($_SERVER['HTTP_Svix_Id']), 400, 'Missing header');
    case 'whole-secret-decoded': done($given && listed($header, b64(base64_decode($secret), "$id.$ts.$raw")));
    case 'docs': done($header === b64($secret, $raw));
    case 'unset': done($given && listed($header, b64((string) getenv('NO_SUCH'), "$id.$ts.$raw")));
    case 'die-200': if (!($given && listed($header, b64($key, "$id.$ts.$raw")))) die(json_encode(['error' => 'Invalid signature'])); done(true, 200, json_encode(['ok' => true]));
    case 'strncmp': done($given && $header !== '' && strncmp(b64($key, "$id.$ts.$raw"), substr($header, 3), strlen($header) - 3) === 0 && substr($header, 0, 3) === 'v1,');
    case 'fatal': ini_set('display_errors', '1'); if (!listed($header, b64($key, "$id.$ts.$raw")) || !$given) throw new Exception('bad signature'); done(true);
    case 'array-to-string': $a = json_decode($raw, true); done($given && listed($header, b64($key, "$id.$ts." . (is_array($a) ? 'Array' : ''))));
}
