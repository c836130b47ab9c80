package billing

import (
	"encoding/json"
	"io"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type event struct {
	Type string `json:"type"`
	Data struct {
		Status   string `json:"status"`
		Customer struct {
			ExternalID string `json:"external_id"`
		} `json:"customer"`
	} `json:"data"`
}

// Webhook takes what Polar sends.
func Webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cannot read", http.StatusBadRequest)
		return
	}
	hook, err := standardwebhooks.NewWebhookRaw([]byte(os.Getenv("POLAR_WEBHOOK_SECRET")))
	if err != nil || hook.Verify(body, r.Header) != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var got event
	if json.Unmarshal(body, &got) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch got.Type {
	case "subscription.canceled", "subscription.updated":
		err = store(got.Data.Customer.ExternalID, got.Data.Status)
	case "subscription.revoked":
		err = endAccess(got.Data.Customer.ExternalID)
	}
	if err != nil {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
