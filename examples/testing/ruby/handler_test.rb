# Run it: ruby handler_test.rb
# frozen_string_literal: true

require 'minitest/autorun'
require 'stringio'
require_relative 'deliveries'
require_relative 'handler'

class HandlerTest < Minitest::Test
  PAYLOAD = { 'refId' => 'business-1', 'status' => 'COMPLETED', 'previousStatus' => 'IN_REVIEW' }.freeze

  def setup
    @secret = Deliveries.new_secret
    @handler = Handler.new(@secret)
  end

  def receive(delivery)
    headers, body = delivery
    env = headers.transform_keys { |name| "HTTP_#{name.upcase.tr('-', '_')}" }
    @handler.call(env.merge('rack.input' => StringIO.new(body))).first
  end

  def test_signs_as_the_specification_does
    made = Deliveries.signature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')
    assert_equal 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', made
  end

  def test_genuine_delivery
    assert_equal 200, receive(Deliveries.delivery(PAYLOAD, @secret))
    assert_equal [PAYLOAD], @handler.handled.values
  end

  def test_same_message_again
    made = Deliveries.delivery(PAYLOAD, @secret)
    assert_equal [200, 200], [receive(made), receive(made)]
    assert_equal 1, @handler.handled.size
  end

  Deliveries::FORGERIES.each do |name, forge|
    define_method("test_forgery_is_refused_#{name.tr(' ', '_')}") do
      assert_equal 401, receive(forge.call(PAYLOAD, @secret))
      assert_empty @handler.handled
    end
  end
end
