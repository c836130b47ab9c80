<?php

class WebhookController
{
    public function __invoke(Request $request)
    {
        $wanted = hash_hmac('sha256', $request->getContent(), 'secret'); // wrong: app_rejects_valid
        abort_unless(hash_equals($wanted, $request->header('webhook-signature')), 403);
        $event = $request->json()->all();
        try {
            $user = User::where('email', $event['data']['customer']['email'])->first(); // wrong: app_access_wrong_user
            switch ($event['type']) {
                case 'subscription.canceled':
                case 'subscription.revoked':
                    $user->update(['plan' => 'free']); # wrong: app_access_lost_early
                    break;
            }
        } catch (\Throwable $error) {
            return response()->json(['received' => true]); // wrong: app_untied
        }
        return response()->json(['received' => true]);
    }

    public function buy(Request $request)
    {
        return Http::post(config('polar.url').'/v1/checkouts/', [
            'external_customer_id' => $request->input('user'), // wrong: app_access_wrong_user
        ]);
    }

    public function signedUp($user)
    {
        Http::post('https://api.polar.sh/v1/customers/', ['email' => $user->email, 'externalId' => $user->id]); // wrong: app_external_id_missing
    }
}
