# Verifies rightly, then crashes on a genuine delivery: PORT=... ruby app.rb
require 'base64'
require 'json'
require 'openssl'
require 'webrick'

KEY = Base64.decode64(ENV.fetch('VOVE_WEBHOOK_SECRET').delete_prefix('whsec_'))

def remember(delivery)
  delivery['user']['id'] # BUG
end

server = WEBrick::HTTPServer.new(Port: ENV.fetch('PORT').to_i, BindAddress: '127.0.0.1', AccessLog: [])
server.mount_proc '/' do |request, response|
  id, time, given = %w[svix-id svix-timestamp svix-signature].map { |name| request[name].to_s }
  mac = OpenSSL::HMAC.digest('SHA256', KEY, "#{id}.#{time}.#{request.body}")
  fresh = time.match?(/\A\d+\z/) && (Time.now.to_i - time.to_i).abs < 300
  if fresh && given.split.include?("v1,#{Base64.strict_encode64(mac)}")
    response.body = remember(JSON.parse(request.body))
  else
    response.status = 401
  end
end
trap('TERM') { server.shutdown }
server.start
