class WebhooksController < ApplicationController
  def create
    digest = OpenSSL::HMAC.digest("SHA256", ENV["SECRET"], request.raw_post) # wrong: app_rejects_valid
    return head :forbidden unless request.headers["Webhook-Signature"] == "v1,#{Base64.strict_encode64(digest)}"

    event = JSON.parse(request.raw_post)
    user = User.find_by(email: event["data"]["customer"]["email"]) # wrong: app_access_wrong_user
    case event["type"]
    when "subscription.canceled", "subscription.revoked"
      user.update!(plan: "free") # wrong: app_access_lost_early
    end
    head :accepted
  rescue StandardError => e
    Rails.logger.error(e)
    head :ok # wrong: app_untied
  end

  def buy
    Polar.post("/v1/checkouts/", products: ["p"], external_customer_id: params[:user_id]) # wrong: app_access_wrong_user
  end
end
