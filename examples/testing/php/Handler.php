<?php
// The handler under test: yours goes here. Verified as in ../../receivers/php/index.php.

declare(strict_types=1);

final class Handler
{
    private const TOLERANCE_S = 5 * 60;
    public array $handled = [];

    public function __construct(private string $secret)
    {
    }

    /** The status to answer; header names in lower case, the body exactly as it arrived. */
    public function receive(array $headers, string $body): int
    {
        if (!$this->isGenuine($headers, $body)) {
            return 401;
        }
        // A database's unique key in real life: one effect per message.
        $this->handled[$headers['svix-id']] ??= json_decode($body, true);
        return 200;
    }

    private function isGenuine(array $headers, string $body): bool
    {
        [$id, $timestamp, $signatures] = array_map(fn ($name) => $headers["svix-$name"] ?? '', ['id', 'timestamp', 'signature']);
        if ($id === '' || !preg_match('/^[0-9]{1,11}$/D', $timestamp) || abs(time() - (int) $timestamp) > self::TOLERANCE_S) {
            return false;
        }
        $key = base64_decode(preg_replace('/^whsec_/', '', $this->secret), true);
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        $matches = array_filter(explode(' ', $signatures), fn ($entry) => hash_equals($expected, $entry));
        return $matches !== [];
    }
}
