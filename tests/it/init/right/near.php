<?php

function handle($event, $user)
{
    try {
        switch ($event['type']) {
            case 'subscription.canceled':
                $user->notify(new Goodbye($event['data']['ends_at']));
                break;
            case 'subscription.revoked':
                $user->update(['plan' => 'free']);
                break;
        }
    } catch (\Throwable $error) {
        return response('try again', 500);
    }
    return response()->json(['received' => true]);
}

function buy(Request $request)
{
    return ['external_customer_id' => $request->user()->id, 'return' => $request->input('return')];
}
