# The handler under test: yours goes here. Verified as in ../../receivers/ruby/app.rb.
# frozen_string_literal: true

require 'json'
require 'openssl'

# Acknowledges genuine deliveries, once per message, and refuses all else.
class Handler
  TOLERANCE_S = 5 * 60
  attr_reader :handled

  def initialize(secret)
    @key = secret.delete_prefix('whsec_').unpack1('m')
    @handled = {}
  end

  # A Rack application: `env` holds the headers, `rack.input` the exact body.
  def call(env)
    body = env['rack.input'].read
    return [401, {}, []] unless genuine?(env, body)

    # A database's unique key in real life: one effect per message.
    @handled[env['HTTP_SVIX_ID']] ||= JSON.parse(body)
    [200, {}, []]
  end

  private

  def genuine?(env, body)
    id, timestamp, signatures = %w[ID TIMESTAMP SIGNATURE].map { |part| env.fetch("HTTP_SVIX_#{part}", '') }
    return false if id.empty? || !timestamp.match?(/\A[0-9]{1,11}\z/)
    return false if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE_S

    mac = OpenSSL::HMAC.digest('SHA256', @key, "#{id}.#{timestamp}.".b + body.b)
    expected = "v1,#{[mac].pack('m0')}"
    signatures.split.any? { |entry| entry.bytesize == expected.bytesize && OpenSSL.fixed_length_secure_compare(entry, expected) }
  end
end
