class Api::PolarWebhooksController < ActionController::API
  def create
    event = PolarWebhook.verify(request.raw_post, request.headers)
    user = User.find_by(id: event["data"]["customer"]["external_id"])
    return head :not_found if user.nil?

    case event["type"]
    when "subscription.canceled"
      user.subscription.update!(ends_at: event["data"]["ends_at"])
    when "subscription.revoked"
      user.subscription.update!(active: false)
    end
    head :accepted
  rescue Standardwebhooks::WebhookVerificationError
    head :forbidden
  rescue ActiveRecord::RecordNotUnique
    head :ok # it was delivered before: a duplicate
  end
end
