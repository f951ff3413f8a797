<?php
// Signed and forged VOVE ID deliveries for tests. Copy this file; it needs PHP alone.

declare(strict_types=1);

final class Deliveries
{
    /** A secret of the test's own. */
    public static function newSecret(): string
    {
        return 'whsec_' . base64_encode(random_bytes(24));
    }

    /** The `v1,` entry for one message. */
    public static function signature(string $secret, string $id, int $timestamp, string $body): string
    {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        return 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    }

    /** Headers and exact body of a genuine delivery of a payload. */
    public static function delivery(array $payload, string $secret, int $later = 0): array
    {
        $body = json_encode($payload);
        [$id, $timestamp] = ['msg_' . bin2hex(random_bytes(13)), time() + $later];
        $headers = [
            'Content-Type' => 'application/json',
            'Svix-Id' => $id,
            'Svix-Timestamp' => (string) $timestamp,
            'Svix-Signature' => self::signature($secret, $id, $timestamp, $body),
        ];
        return [$headers, $body];
    }

    /** What a correct handler refuses: functions from payload and secret to headers and body. */
    public static function forgeries(): array
    {
        $changed = fn (array $changes) => function (array $payload, string $secret) use ($changes) {
            [$headers, $body] = self::delivery($payload, $secret);
            foreach ($changes as $name => $change) {
                $headers[$name] = $change($headers[$name]);
            }
            return [array_filter($headers, fn ($value) => $value !== null), $body];
        };
        $gone = fn () => null;
        $later = fn (int $seconds) => fn ($payload, $secret) => self::delivery($payload, $secret, $seconds);
        return [
            'wrong secret' => fn ($payload) => self::delivery($payload, self::newSecret()),
            'tampered body' => function ($payload, $secret) {
                [$headers, $body] = self::delivery($payload, $secret);
                return [$headers, "$body "];
            },
            'swapped id' => $changed(['Svix-Id' => fn () => 'msg_2if9qqkVjQDrS738JZOnax9T7MO']),
            'stale' => $later(-600),
            'future' => $later(600),
            'truncated signature' => $changed(['Svix-Signature' => fn ($entry) => substr($entry, 0, 11)]),
            'unknown version' => $changed(['Svix-Signature' => fn ($entry) => 'v0' . substr($entry, 2)]),
            'missing id' => $changed(['Svix-Id' => $gone]),
            'missing timestamp' => $changed(['Svix-Timestamp' => $gone]),
            'missing signature' => $changed(['Svix-Signature' => $gone]),
            'unsigned' => $changed(['Svix-Id' => $gone, 'Svix-Timestamp' => $gone, 'Svix-Signature' => $gone]),
        ];
    }
}
