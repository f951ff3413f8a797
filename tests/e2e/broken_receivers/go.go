// A receiver with one planted mistake: receiver MISTAKE. Listens on a free port and prints it.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var secret = os.Getenv("VOVE_WEBHOOK_SECRET")
var key, _ = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))

func mac(content string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(content))
	return h.Sum(nil)
}

func listed(header, want string) bool {
	for _, entry := range strings.Split(header, " ") {
		if hmac.Equal([]byte(entry), []byte("v1,"+want)) {
			return true
		}
	}
	return false
}

func fresh(r *http.Request) bool {
	seconds, err := strconv.ParseInt(r.Header.Get("svix-timestamp"), 10, 64)
	age := time.Since(time.Unix(seconds, 0))
	return err == nil && age < 5*time.Minute && age > -5*time.Minute && r.Header.Get("svix-id") != ""
}

type event struct {
	RefID          string `json:"refId"`
	Status         string `json:"status"`
	PreviousStatus string `json:"previousStatus,omitempty"`
	UserID         string `json:"userId,omitempty"`
}

func main() {
	mistake := os.Args[1]
	http.HandleFunc("/webhooks/vove", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		head := r.Header.Get("svix-id") + "." + r.Header.Get("svix-timestamp") + "."
		content, encode := head+string(body), base64.StdEncoding.EncodeToString
		header := r.Header.Get("svix-signature")
		switch mistake {
		case "url-encoding":
			encode = base64.URLEncoding.EncodeToString
		case "raw-encoding":
			encode = base64.RawStdEncoding.EncodeToString
		case "map-marshal":
			var value map[string]any
			json.Unmarshal(body, &value)
			again, _ := json.Marshal(value)
			content = head + string(again)
		case "struct-marshal":
			var value event
			json.Unmarshal(body, &value)
			again, _ := json.Marshal(value)
			content = head + string(again)
		case "map-print":
			var value map[string]any
			json.Unmarshal(body, &value)
			content = head + fmt.Sprint(value)
		case "decoded-first":
			again, _ := io.ReadAll(r.Body)
			content = head + string(again)
		case "lower-map":
			if len(r.Header["svix-id"]) == 0 {
				http.Error(w, "missing svix-id", http.StatusBadRequest)
				return
			}
		case "panic":
			_ = r.Header["svix-signature"][0]
		case "no-return":
			if !listed(header, encode(mac(content))) || !fresh(r) {
				http.Error(w, "invalid", http.StatusUnauthorized)
			}
			var value event
			json.NewDecoder(bytes.NewReader(body)).Decode(&value)
			if value.RefID != "" {
				os.WriteFile(os.Getenv("STATE"), []byte(value.RefID+" "+value.Status+"\n"), 0o600)
			}
			return
		case "bytes-as-list":
			content = head + fmt.Sprint(body)
		}
		if r.Method != http.MethodPost {
			http.Error(w, "method", http.StatusMethodNotAllowed)
		} else if !listed(header, encode(mac(content))) || !fresh(r) {
			http.Error(w, "invalid", http.StatusUnauthorized)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	http.Serve(listener, nil)
}
