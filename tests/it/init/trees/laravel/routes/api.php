<?php

use App\Http\Controllers\PolarWebhookController;
use App\Http\Controllers\SubscriptionController;
use Illuminate\Support\Facades\Route;

Route::post('/webhooks/polar', PolarWebhookController::class);
Route::get('/subscription', SubscriptionController::class)->middleware('auth:sanctum');
