<?php
// Verifies rightly, then crashes on a genuine delivery: php -S 127.0.0.1:... app.php
function remember(array $delivery): string
{
    return $delivery['user']->id(); // BUG
}

$key = base64_decode(str_replace('whsec_', '', getenv('VOVE_WEBHOOK_SECRET')));
$body = file_get_contents('php://input');
[$id, $time, $given] = [$_SERVER['HTTP_SVIX_ID'] ?? '', $_SERVER['HTTP_SVIX_TIMESTAMP'] ?? '', $_SERVER['HTTP_SVIX_SIGNATURE'] ?? ''];
$wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
if (!ctype_digit($time) || abs(time() - (int) $time) > 300 || !in_array($wanted, explode(' ', $given), true)) {
    http_response_code(401);
    exit('refused');
}
echo remember(json_decode($body, true) + ['user' => null]);
