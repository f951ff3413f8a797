// Verifies rightly, then crashes on a genuine delivery: PORT=... go run main.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type delivery struct{ User *struct{ ID string } }

func remember(one delivery) string {
	return one.User.ID // BUG
}

func main() {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("VOVE_WEBHOOK_SECRET"), "whsec_"))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(r.Header.Get("svix-id") + "." + r.Header.Get("svix-timestamp") + "." + string(body)))
		wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		moment, err := strconv.ParseInt(r.Header.Get("svix-timestamp"), 10, 64)
		fresh := err == nil && math.Abs(float64(time.Now().Unix()-moment)) < 300
		for _, given := range strings.Fields(r.Header.Get("svix-signature")) {
			if fresh && hmac.Equal([]byte(given), []byte(wanted)) {
				var one delivery
				_ = json.Unmarshal(body, &one)
				_, _ = io.WriteString(w, remember(one))
				return
			}
		}
		http.Error(w, "refused", http.StatusUnauthorized)
	})
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
