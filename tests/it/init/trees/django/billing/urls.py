from django.urls import path

from . import views

urlpatterns = [
    path("webhooks/polar/", views.webhook),
    path("subscription/", views.subscription),
]
