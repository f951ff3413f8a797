# A receiver with one planted mistake: ruby ruby.rb MISTAKE. Listens on a free port and prints it.
require 'base64'
require 'json'
require 'openssl'
require 'socket'

SECRET = ENV.fetch('VOVE_WEBHOOK_SECRET')
KEY = Base64.decode64(SECRET.delete_prefix('whsec_'))

def mac(key, content) = Base64.strict_encode64(OpenSSL::HMAC.digest('SHA256', key, content))
def listed?(header, mac) = header.to_s.split(' ').include?("v1,#{mac}")
def given?(h) = h['svix-id'] && h['svix-signature'] && h['svix-timestamp'].to_s.match?(/\A\d{1,12}\z/) && (Time.now.to_i - h['svix-timestamp'].to_i).abs <= 300
def content(h, body) = "#{h['svix-id']}.#{h['svix-timestamp']}.#{body}"
def parsed(body) = JSON.parse(body) rescue {}

MISTAKES = {
  'none' => ->(h, b) { given?(h) && listed?(h['svix-signature'], mac(KEY, content(h, b))) },
  'to-json' => ->(h, b) { given?(h) && listed?(h['svix-signature'], mac(KEY, content(h, parsed(b).to_json))) },
  'hash-to-s' => ->(h, b) { given?(h) && listed?(h['svix-signature'], mac(KEY, content(h, parsed(b)))) },
  'body-read-twice' => ->(h, _) { given?(h) && listed?(h['svix-signature'], mac(KEY, content(h, ''))) },
  'eql-prefix' => ->(h, b) { given?(h) && h['svix-signature'].split(' ').any? { |e| mac(KEY, content(h, b)).start_with?(e.split(',', 2).last.to_s) } },
}.freeze

server = TCPServer.new('127.0.0.1', 0)
puts "http://127.0.0.1:#{server.addr[1]}"
$stdout.flush
loop do
  Thread.new(server.accept) do |socket|
    socket.gets
    headers = {}
    while (line = socket.gets) && line != "\r\n"
      name, value = line.split(':', 2)
      headers[name.downcase] = value.to_s.strip
    end
    body = socket.read(headers['content-length'].to_i).to_s
    status = begin
      MISTAKES.fetch(ARGV[0]).call(headers, body) ? '200 OK' : '401 Unauthorized'
    rescue StandardError
      '500 Internal Server Error'
    end
    socket.write("HTTP/1.1 #{status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    socket.close
  end
end
