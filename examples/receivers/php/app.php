<?php
// A VOVE ID webhook endpoint: PHP alone, the signature verified by hand.
// Save as:  app.php
// Needs:    PHP 8 with pdo_sqlite
// Start:    php -S 127.0.0.1:${PORT:-3000} app.php
// Workers:  PHP_CLI_SERVER_WORKERS=2 php -S 127.0.0.1:${PORT:-3000} app.php
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).

declare(strict_types=1);

const TOLERANCE_S = 5 * 60;

/** The keys of VOVE_WEBHOOK_SECRET: more than one secret, separated by spaces, during a change. */
function signingKeys(): array
{
    $secrets = preg_split('/\s+/', (string) getenv('VOVE_WEBHOOK_SECRET'), -1, PREG_SPLIT_NO_EMPTY);
    $keys = array_map(fn ($secret) => base64_decode(preg_replace('/^whsec_/', '', $secret), true), $secrets);
    if (!$keys || in_array(false, $keys, true) || in_array('', $keys, true)) {
        throw new RuntimeException('VOVE_WEBHOOK_SECRET is not set, or is no signing secret');
    }
    return $keys;
}

/** The id of a genuine message, else null; $body is the exact bytes that arrived. */
function verify(array $server, string $body): ?string
{
    $family = isset($server['HTTP_SVIX_ID']) ? 'SVIX' : 'WEBHOOK';
    [$id, $timestamp, $signatures] = array_map(
        fn ($part) => $server["HTTP_{$family}_{$part}"] ?? '',
        ['ID', 'TIMESTAMP', 'SIGNATURE'],
    );
    if ($id === '' || !preg_match('/^[0-9]{1,11}$/D', $timestamp)) {
        return null;
    }
    if (abs(time() - (int) $timestamp) > TOLERANCE_S) {
        return null;
    }
    foreach (signingKeys() as $key) {
        $mac = hash_hmac('sha256', "$id.$timestamp.$body", $key, true);
        $expected = 'v1,' . base64_encode($mac);
        // While VOVE ID replaces the secret there are several signatures; one match is enough.
        foreach (explode(' ', $signatures) as $signature) {
            if (hash_equals($expected, $signature)) {
                return $id;
            }
        }
    }
    return null;
}

const SCHEMA = '
    CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER);
    CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT);
';
const SET_STATUS = '
    INSERT INTO cases VALUES (?, ?, ?)
    ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
    WHERE excluded.stage >= stage AND excluded.status <> status
';
// Deliveries may arrive late: one of an earlier stage never takes a case back.
const STAGES = [
    'IN_PROGRESS' => 1, 'IN_REVIEW' => 2, 'COMPLETED' => 3, 'REJECTED' => 3,
    'in_progress' => 1, 'pending' => 2, 'successful' => 3, 'suspected' => 3,
];

function connect(): PDO
{
    $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 5];
    $db = new PDO('sqlite:' . (getenv('DATABASE') ?: 'webhooks.db'), null, null, $options);
    $db->exec(SCHEMA);
    return $db;
}

/** Id and effect in one transaction: a crash keeps both or neither, a duplicate does nothing. */
function store(PDO $db, string $id, mixed $payload): void
{
    $db->exec('BEGIN IMMEDIATE');
    try {
        $message = $db->prepare('INSERT OR IGNORE INTO messages VALUES (?)');
        $message->execute([$id]);
        if ($message->rowCount()) {
            apply($db, $payload);
        }
        $db->exec('COMMIT');
    } catch (Throwable $error) {
        $db->exec('ROLLBACK');
        throw $error;
    }
}

/** Statuses and fields that are new to us change nothing, and are no reason to refuse. */
function apply(PDO $db, mixed $payload): void
{
    $refId = $payload['refId'] ?? null;
    $status = $payload['status'] ?? null;
    if (!is_string($refId) || !is_string($status) || !isset(STAGES[$status])) {
        return;
    }
    $case = $db->prepare(SET_STATUS);
    $case->execute([$refId, $status, STAGES[$status]]);
    if ($case->rowCount()) {
        // Slow work (mail, other services) is only queued: the answer does not wait for it.
        $db->prepare('INSERT INTO jobs VALUES (?, ?)')->execute([$refId, $status]);
    }
}

function receive(): int
{
    $path = explode('?', $_SERVER['REQUEST_URI'])[0];
    if (!in_array($path, ['/webhooks/vove-kyb', '/webhook-endpoint'], true)) {
        return 404;
    }
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    $body = file_get_contents('php://input');
    $id = verify($_SERVER, $body);
    if ($id === null) {
        return 401;
    }
    $payload = json_decode($body, true);
    if (json_last_error() !== JSON_ERROR_NONE) {
        return 400;
    }
    store(connect(), $id, $payload);
    return 200;
}

try {
    http_response_code(receive());
} catch (Throwable $error) {
    error_log($error->getMessage());
    http_response_code(500); // VOVE ID tries again
}
