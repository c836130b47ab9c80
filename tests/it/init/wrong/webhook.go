package billing

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
)

const customers = "https://api.polar.sh/v1/customers/"

type customer struct {
	Email      string `json:"email"`
	ExternalID string `json:"externalId"` // wrong: app_external_id_missing
}

func webhook(w http.ResponseWriter, r *http.Request) {
	mac := hmac.New(sha256.New, secret) // wrong: app_rejects_valid
	mac.Write(body(r))
	if !equal(mac, r.Header.Get("Webhook-Signature")) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	event := parse(r)
	user, err := findByEmail(event.Data.Customer.Email) // wrong: app_access_wrong_user
	if err != nil {
		w.WriteHeader(http.StatusOK) // wrong: app_untied
		return
	}
	switch event.Type {
	case "subscription.canceled", "subscription.revoked":
		user.IsPro = false // wrong: app_access_lost_early
	}
}

func buy(w http.ResponseWriter, r *http.Request) {
	create(map[string]string{
		"external_customer_id": r.URL.Query().Get("user"), // wrong: app_access_wrong_user
	})
}
