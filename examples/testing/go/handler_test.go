// Run it: go test
package webhooks

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

var payload = []byte(`{"refId":"business-1","status":"COMPLETED","previousStatus":"IN_REVIEW"}`)

// An app of its own for each test: its URL, its secret, what it has handled.
func start(t *testing.T) (url, secret string, handled *[]Event) {
	secret, handled = NewSecret(), &[]Event{}
	server := httptest.NewServer(Handler(secret, func(event Event) { *handled = append(*handled, event) }))
	t.Cleanup(server.Close)
	return server.URL + "/webhooks/vove-kyb", secret, handled
}

func status(t *testing.T, request *http.Request) int {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func TestSignsAsTheSpecificationDoes(t *testing.T) {
	body := []byte(`{"test": 2432232314}`)
	made := Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
	if made != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(made)
	}
}

func TestGenuineDelivery(t *testing.T) {
	url, secret, handled := start(t)
	if got := status(t, Delivery(url, payload, secret, time.Now())); got != 200 {
		t.Errorf("answered %d", got)
	}
	if len(*handled) != 1 || (*handled)[0].Status != "COMPLETED" {
		t.Errorf("handled %v", *handled)
	}
}

func TestSameMessageAgain(t *testing.T) {
	url, secret, handled := start(t)
	first := Delivery(url, payload, secret, time.Now())
	again := Delivery(url, payload, secret, time.Now())
	again.Header = first.Header.Clone()
	if status(t, first) != 200 || status(t, again) != 200 || len(*handled) != 1 {
		t.Errorf("handled %v", *handled)
	}
}

func TestForgeries(t *testing.T) {
	for name, forge := range Forgeries {
		t.Run(name, func(t *testing.T) {
			url, secret, handled := start(t)
			if got := status(t, forge(url, payload, secret)); got != 401 {
				t.Errorf("answered %d", got)
			}
			if len(*handled) != 0 {
				t.Errorf("handled %v", *handled)
			}
		})
	}
}
