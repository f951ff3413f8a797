<?php
// Run it: phpunit HandlerTest.php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

require_once __DIR__ . '/Deliveries.php';
require_once __DIR__ . '/Handler.php';

final class HandlerTest extends TestCase
{
    private const PAYLOAD = ['refId' => 'business-1', 'status' => 'COMPLETED', 'previousStatus' => 'IN_REVIEW'];
    private string $secret;
    private Handler $handler;

    protected function setUp(): void
    {
        $this->secret = Deliveries::newSecret();
        $this->handler = new Handler($this->secret);
    }

    private function receive(array $delivery): int
    {
        return $this->handler->receive(array_change_key_case($delivery[0]), $delivery[1]);
    }

    public function testSignsAsTheSpecificationDoes(): void
    {
        $made = Deliveries::signature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}');
        $this->assertSame('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', $made);
    }

    public function testGenuineDelivery(): void
    {
        $this->assertSame(200, $this->receive(Deliveries::delivery(self::PAYLOAD, $this->secret)));
        $this->assertSame([self::PAYLOAD], array_values($this->handler->handled));
    }

    public function testSameMessageAgain(): void
    {
        $made = Deliveries::delivery(self::PAYLOAD, $this->secret);
        $this->assertSame([200, 200], [$this->receive($made), $this->receive($made)]);
        $this->assertCount(1, $this->handler->handled);
    }

    public static function forgeries(): array
    {
        return array_map(fn ($forge) => [$forge], Deliveries::forgeries());
    }

    /** @dataProvider forgeries */
    public function testForgeriesAreRefused(callable $forge): void
    {
        $this->assertSame(401, $this->receive($forge(self::PAYLOAD, $this->secret)));
        $this->assertSame([], $this->handler->handled);
    }
}
