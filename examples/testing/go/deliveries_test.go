// Signed and forged VOVE ID deliveries for tests. Copy this file; it needs the standard library alone.
package webhooks

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// NewSecret makes a secret of the test's own.
func NewSecret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString(randomBytes(24))
}

// Signature is the `v1,` entry for one message.
func Signature(secret, id string, timestamp int64, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, timestamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Delivery makes a genuine request with an exact body, signed at a moment.
func Delivery(url string, body []byte, secret string, signed time.Time) *http.Request {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	id, timestamp := "msg_"+hex.EncodeToString(randomBytes(13)), signed.Unix()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Svix-Id", id)
	request.Header.Set("Svix-Timestamp", strconv.FormatInt(timestamp, 10))
	request.Header.Set("Svix-Signature", Signature(secret, id, timestamp, body))
	return request
}

// Forgeries are what a correct handler refuses, by name.
var Forgeries = map[string]func(url string, body []byte, secret string) *http.Request{
	"wrong secret": func(url string, body []byte, _ string) *http.Request {
		return Delivery(url, body, NewSecret(), time.Now())
	},
	"tampered body": func(url string, body []byte, secret string) *http.Request {
		genuine := Delivery(url, body, secret, time.Now())
		forged := Delivery(url, append(append([]byte{}, body...), ' '), secret, time.Now())
		forged.Header = genuine.Header
		return forged
	},
	"swapped id":          changed("Svix-Id", func(string) string { return "msg_2if9qqkVjQDrS738JZOnax9T7MO" }),
	"stale":               later(-10 * time.Minute),
	"future":              later(10 * time.Minute),
	"truncated signature": changed("Svix-Signature", func(entry string) string { return entry[:11] }),
	"unknown version":     changed("Svix-Signature", func(entry string) string { return "v0" + entry[2:] }),
	"missing id":          without("Svix-Id"),
	"missing timestamp":   without("Svix-Timestamp"),
	"missing signature":   without("Svix-Signature"),
	"unsigned":            without("Svix-Id", "Svix-Timestamp", "Svix-Signature"),
}

func changed(name string, rewrite func(string) string) func(string, []byte, string) *http.Request {
	return func(url string, body []byte, secret string) *http.Request {
		request := Delivery(url, body, secret, time.Now())
		request.Header.Set(name, rewrite(request.Header.Get(name)))
		return request
	}
}

func later(by time.Duration) func(string, []byte, string) *http.Request {
	return func(url string, body []byte, secret string) *http.Request {
		return Delivery(url, body, secret, time.Now().Add(by))
	}
}

func without(names ...string) func(string, []byte, string) *http.Request {
	return func(url string, body []byte, secret string) *http.Request {
		request := Delivery(url, body, secret, time.Now())
		for _, name := range names {
			request.Header.Del(name)
		}
		return request
	}
}

func randomBytes(count int) []byte {
	made := make([]byte, count)
	if _, err := rand.Read(made); err != nil {
		panic(err)
	}
	return made
}
