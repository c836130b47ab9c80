# Makes net/http go by https_proxy for https, where it goes by http_proxy alone, and leaves
# everything else as it is. Made for one run of tieback, and removed with it.
module Net
  # Loading net/http here would settle its version before a Gemfile does, so its parent tells when
  # it comes.
  class Protocol
    def self.inherited(heir)
      super
      return unless heir.name == "Net::HTTP"

      heir.prepend(Module.new do
        def proxy_uri
          found = URI::HTTPS.build(host: address, port: port).find_proxy if use_ssl?
          found || super
        rescue URI::Error
          super
        end
      end)
    end
  end
end
