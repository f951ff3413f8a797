# A VOVE ID webhook endpoint: Rack alone, as below Rails and Sinatra, the signature verified by hand.
# Save as:  config.ru
# Install:  gem install puma rack sqlite3
# Start:    puma -b tcp://127.0.0.1:${PORT:-3000} config.ru
# Workers:  puma -w 2 -b tcp://127.0.0.1:${PORT:-3000} config.ru
# Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
#           (3000), DATABASE (webhooks.db).
# frozen_string_literal: true

require 'json'
require 'openssl'
require 'rack'
require 'sqlite3'

TOLERANCE_S = 5 * 60

# More than one secret, separated by spaces, while an old one is being replaced.
KEYS = ENV.fetch('VOVE_WEBHOOK_SECRET', '').split.map { |secret| secret.delete_prefix('whsec_').unpack1('m') }
abort 'VOVE_WEBHOOK_SECRET is not set' if KEYS.empty? || KEYS.any?(&:empty?)

# The id of a genuine message, else nil; `body` is the exact bytes that arrived.
def verify(headers, body)
  family = headers.key?('HTTP_SVIX_ID') ? 'SVIX' : 'WEBHOOK'
  id, timestamp, signatures = %w[ID TIMESTAMP SIGNATURE].map { |part| headers.fetch("HTTP_#{family}_#{part}", '').b }
  return if id.empty? || !timestamp.match?(/\A[0-9]{1,11}\z/)
  return if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE_S

  content = "#{id}.#{timestamp}.".b + body
  expected = KEYS.map { |key| "v1,#{[OpenSSL::HMAC.digest('SHA256', key, content)].pack('m0')}" }
  # While VOVE ID replaces the secret there are several signatures; one match is enough.
  id if signatures.split.product(expected).any? { |given, mac| Rack::Utils.secure_compare(given, mac) }
end

DATABASE = ENV.fetch('DATABASE', 'webhooks.db')
SCHEMA = <<~SQL
  CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER);
  CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT);
SQL
SET_STATUS = <<~SQL
  INSERT INTO cases VALUES (?, ?, ?)
  ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
  WHERE excluded.stage >= stage AND excluded.status <> status
SQL
# Deliveries may arrive late: one of an earlier stage never takes a case back.
STAGES = {
  'IN_PROGRESS' => 1, 'IN_REVIEW' => 2, 'COMPLETED' => 3, 'REJECTED' => 3,
  'in_progress' => 1, 'pending' => 2, 'successful' => 3, 'suspected' => 3
}.freeze

def connect
  SQLite3::Database.open(DATABASE) do |db|
    # Not busy_timeout: it stops every thread, the one that holds the lock included.
    db.busy_handler { |tries| sleep(0.005) && tries < 1000 }
    yield db
  end
end

# Id and effect in one transaction: a crash keeps both or neither, a duplicate does nothing.
def store(id, payload)
  connect do |db|
    db.transaction(:immediate) do
      db.execute('INSERT OR IGNORE INTO messages VALUES (?)', [id])
      apply(db, payload) if db.changes.positive?
    end
  end
end

# Statuses and fields that are new to us change nothing, and are no reason to refuse.
def apply(db, payload)
  return unless payload.is_a?(Hash)

  ref_id, status = payload.values_at('refId', 'status')
  return unless ref_id.is_a?(String) && STAGES.key?(status)

  db.execute(SET_STATUS, [ref_id, status, STAGES[status]])
  # Slow work (mail, other services) is only queued: the answer does not wait for it.
  db.execute('INSERT INTO jobs VALUES (?, ?)', [ref_id, status]) if db.changes.positive?
end

connect { |db| db.execute_batch(SCHEMA) }

PATHS = %w[/webhooks/vove-kyb /webhook-endpoint].freeze

receive = lambda do |env|
  return 404 unless PATHS.include?(env['PATH_INFO'])
  return 405 unless env['REQUEST_METHOD'] == 'POST'

  body = env['rack.input'].read.b
  id = verify(env, body)
  return 401 unless id

  begin
    payload = JSON.parse(body)
  rescue JSON::ParserError, EncodingError
    return 400
  end
  store(id, payload)
  200
end

run(lambda do |env|
  [receive.call(env), { 'content-length' => '0' }, []]
rescue SQLite3::Exception => e
  env['rack.errors'].puts(e.message)
  [500, { 'content-length' => '0' }, []] # VOVE ID tries again
end)
