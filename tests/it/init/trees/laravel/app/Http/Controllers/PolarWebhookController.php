<?php

namespace App\Http\Controllers;

use App\Models\User;
use Illuminate\Http\Request;

class PolarWebhookController extends Controller
{
    public function __invoke(Request $request)
    {
        $signed = $request->header('webhook-id').'.'.$request->header('webhook-timestamp').'.'.$request->getContent();
        $wanted = base64_encode(hash_hmac('sha256', $signed, config('services.polar.secret'), true));
        if (! hash_equals('v1,'.$wanted, (string) $request->header('webhook-signature'))) {
            abort(403);
        }
        try {
            $user = User::where('id', $request->input('data.customer.external_id'))->firstOrFail();
            match ($request->input('type')) {
                'subscription.canceled' => $user->update(['ends_at' => $request->input('data.ends_at')]),
                'subscription.revoked' => $user->update(['plan' => 'free']),
                default => null,
            };
        } catch (\Throwable $error) {
            report($error);
            return response('', 500);
        }
        return response('', 202);
    }
}
