class PolarWebhook
  def self.verify(body, headers)
    Standardwebhooks::Webhook.new(ENV.fetch("POLAR_WEBHOOK_SECRET")).verify(body, headers)
  end
end
