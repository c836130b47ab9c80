class Api::SubscriptionsController < ApplicationController
  def show
    render json: { plan: current_user.subscription&.active? ? "pro" : "free" }
  end
end
