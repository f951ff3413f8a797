// Package webhooks holds the handler under test: yours goes here. Verified as in ../../receivers/go.
package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Event is a payload of either family.
type Event struct {
	RefID  string `json:"refId"`
	Status string `json:"status"`
}

const tolerance = 5 * time.Minute

func isGenuine(key []byte, header http.Header, body []byte) bool {
	id, timestamp := header.Get("Svix-Id"), header.Get("Svix-Timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 37)
	if id == "" || err != nil || time.Since(time.Unix(int64(seconds), 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, entry := range strings.Split(header.Get("Svix-Signature"), " ") {
		if hmac.Equal([]byte(entry), expected) {
			return true
		}
	}
	return false
}

// Handler acknowledges genuine deliveries, once per message, and refuses all else.
func Handler(secret string, handle func(Event)) http.Handler {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		panic("not a signing secret")
	}
	var seen sync.Map
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, 1_000_000))
		if err != nil || !isGenuine(key, request.Header, body) {
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, again := seen.LoadOrStore(request.Header.Get("Svix-Id"), true); !again {
			var event Event
			if json.Unmarshal(body, &event) == nil {
				handle(event)
			}
		}
		response.WriteHeader(http.StatusOK)
	})
}
