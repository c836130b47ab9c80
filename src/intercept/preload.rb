# Makes net/http go by https_proxy for https, where it goes by http_proxy alone, and leaves
# everything else as it is. Made for one run of tieback, and removed with it.
begin
  require "net/http"
  Net::HTTP.prepend(Module.new do
    def proxy_uri
      found = URI::HTTPS.build(host: address, port: port).find_proxy if use_ssl?
      found || super
    rescue URI::Error
      super
    end
  end)
rescue LoadError
  nil
end
