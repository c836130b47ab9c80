package billing

func handle(w http.ResponseWriter, event Event) {
	err := save(event)
	if err != nil {
		http.Error(w, "try again", 500)
		return
	}
	switch event.Type {
	case "subscription.canceled":
		err = remind(event.Data.Customer.Email)
	case "subscription.revoked":
		err = setAccess(event.Data.Customer.ExternalID, Access{IsPro: false})
	}
	w.WriteHeader(http.StatusOK)
}
