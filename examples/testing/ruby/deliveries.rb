# Signed and forged VOVE ID deliveries for tests. Copy this file; it needs Ruby alone.
# frozen_string_literal: true

require 'json'
require 'openssl'
require 'securerandom'

# Headers and bodies as VOVE ID sends them, and as it never does.
module Deliveries
  module_function

  # A secret of the test's own.
  def new_secret = "whsec_#{[SecureRandom.bytes(24)].pack('m0')}"

  # The `v1,` entry for one message.
  def signature(secret, id, timestamp, body)
    key = secret.delete_prefix('whsec_').unpack1('m')
    "v1,#{[OpenSSL::HMAC.digest('SHA256', key, "#{id}.#{timestamp}.#{body}")].pack('m0')}"
  end

  # Headers and exact body of a genuine delivery of a payload.
  def delivery(payload, secret, later: 0)
    body = JSON.generate(payload)
    id = "msg_#{SecureRandom.alphanumeric(27)}"
    timestamp = Time.now.to_i + later
    headers = {
      'Content-Type' => 'application/json', 'Svix-Id' => id, 'Svix-Timestamp' => timestamp.to_s,
      'Svix-Signature' => signature(secret, id, timestamp, body)
    }
    [headers, body]
  end

  def changed(payload, secret, changes)
    headers, body = delivery(payload, secret)
    [headers.merge(changes.transform_values { |change| change.call(headers) }), body]
  end

  def without(payload, secret, *names)
    headers, body = delivery(payload, secret)
    [headers.except(*names), body]
  end

  # What a correct handler refuses: functions from a payload and the secret to a request, by name.
  FORGERIES = {
    'wrong secret' => ->(payload, _) { delivery(payload, new_secret) },
    'tampered body' => ->(payload, secret) { delivery(payload, secret).then { |headers, body| [headers, "#{body} "] } },
    'swapped id' => ->(payload, secret) { changed(payload, secret, 'Svix-Id' => ->(_) { 'msg_2if9qqkVjQDrS738JZOnax9T7MO' }) },
    'stale' => ->(payload, secret) { delivery(payload, secret, later: -600) },
    'future' => ->(payload, secret) { delivery(payload, secret, later: 600) },
    'truncated signature' => ->(payload, secret) { changed(payload, secret, 'Svix-Signature' => ->(h) { h['Svix-Signature'][0, 11] }) },
    'unknown version' => ->(payload, secret) { changed(payload, secret, 'Svix-Signature' => ->(h) { h['Svix-Signature'].sub('v1,', 'v0,') }) },
    'missing id' => ->(payload, secret) { without(payload, secret, 'Svix-Id') },
    'missing timestamp' => ->(payload, secret) { without(payload, secret, 'Svix-Timestamp') },
    'missing signature' => ->(payload, secret) { without(payload, secret, 'Svix-Signature') },
    'unsigned' => ->(payload, secret) { without(payload, secret, 'Svix-Id', 'Svix-Timestamp', 'Svix-Signature') }
  }.freeze
end
