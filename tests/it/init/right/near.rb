class WebhooksController < ApplicationController
  # rescue => head :ok would lose webhooks
  def create
    event = Polar.verify(request)
    user = User.find(event["data"]["customer"]["external_id"])
    case event["type"]
    when "subscription.canceled"
      GoodbyeMailer.with(email: event["data"]["customer"]["email"]).deliver_later
    when "subscription.revoked"
      user.update!(plan: "free")
    end
    head :ok
  rescue ActiveRecord::RecordNotFound
    head :not_found
  rescue StandardError
    head :internal_server_error
  end
end
