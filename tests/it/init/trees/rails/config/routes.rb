Rails.application.routes.draw do
  root "home#index"
  resource :session
  namespace :api do
    resource :account, only: [:show]
    get "subscription", to: "subscriptions#show"
    scope "billing" do
      post "polar_webhooks", to: "polar_webhooks#create"
    end
  end
end
