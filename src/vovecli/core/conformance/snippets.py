"""Corrected handlers by framework, cut out of the tested receivers of examples/receivers.

Written by examples/cut_snippets.py: change the receivers.
"""
# ruff: noqa: E501 - other people's style

from __future__ import annotations

# framework -> (its name, the language, the part of the handler that verifies)
SNIPPETS = {
    "express": (
        "Express",
        "javascript",
        """\
// More than one secret, separated by spaces, while an old one is being replaced.
const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\\s+/).filter(Boolean);
if (secrets.length === 0 || secrets.includes('whsec_')) { // to the package that is the empty key
  throw new Error('VOVE_WEBHOOK_SECRET is not set');
}
const webhooks = secrets.map((secret) => new Webhook(secret));

// The signature covers the exact bytes, so no other body parser may run before this one.
const rawBody = express.raw({ type: () => true, limit: '1mb' });

function isGenuine(body, headers) {
  return webhooks.some((webhook) => {
    try {
      webhook.verify(body, headers); // throws unless signed by VOVE ID in the last five minutes
      return true;
    } catch {
      return false;
    }
  });
}
""",
    ),
    "fastify": (
        "Fastify",
        "javascript",
        """\
// More than one secret, separated by spaces, while an old one is being replaced.
const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\\s+/).filter(Boolean);
if (secrets.length === 0 || secrets.includes('whsec_')) { // to the package that is the empty key
  throw new Error('VOVE_WEBHOOK_SECRET is not set');
}
const webhooks = secrets.map((secret) => new Webhook(secret));

// The signature covers the exact bytes, so Fastify's own parsers must not touch the body. Where
// other routes want JSON, put the webhook's route and these two lines in a plugin of their own.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body));

function isGenuine(body, headers) {
  return webhooks.some((webhook) => {
    try {
      webhook.verify(body, headers); // throws unless signed by VOVE ID in the last five minutes
      return true;
    } catch {
      return false;
    }
  });
}
""",
    ),
    "nextjs": (
        "Next.js",
        "javascript",
        """\
// `body` is a Buffer of the exact bytes that arrived: not request.json(), written again.
function isGenuine(body, headers) {
  // More than one secret, separated by spaces, while an old one is being replaced. Read here, not
  // above, because `next build` loads this file where the variable may not be set.
  const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\\s+/).filter(Boolean);
  if (secrets.length === 0 || secrets.includes('whsec_')) { // to the package that is the empty key
    throw new Error('VOVE_WEBHOOK_SECRET is not set');
  }
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, Object.fromEntries(headers)); // throws unless genuine and new
      return true;
    } catch {
      return false;
    }
  });
}
""",
    ),
    "node": (
        "Node",
        "javascript",
        """\
const TOLERANCE_S = 5 * 60;
// More than one secret, separated by spaces, while an old one is being replaced.
const keys = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\\s+/).filter(Boolean)
  .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
if (keys.length === 0 || keys.some((key) => key.length < 16)) {
  throw new Error('VOVE_WEBHOOK_SECRET is not set, or is not a signing secret');
}

// `headers` as Node gives them, in lower case; `body` the exact bytes that arrived, as a Buffer.
// Returns the id of a genuine message, else undefined.
function verify(headers, body) {
  const family = 'svix-id' in headers ? 'svix' : 'webhook';
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature']
    .map((part) => headers[`${family}-${part}`] ?? '');
  const age = Math.floor(Date.now() / 1000) - Number(timestamp);
  if (!id || !/^[0-9]{1,11}$/.test(timestamp) || Math.abs(age) > TOLERANCE_S) return undefined;
  const matches = keys.some((key) => {
    const mac = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
    const expected = Buffer.from(`v1,${mac.digest('base64')}`);
    // While VOVE ID replaces the secret there are several signatures; one match is enough.
    return signatures.split(' ').map((signature) => Buffer.from(signature)).some(
      (given) => given.length === expected.length && crypto.timingSafeEqual(given, expected),
    );
  });
  return matches ? id : undefined;
}
""",
    ),
    "flask": (
        "Flask",
        "python",
        """\
# More than one secret, separated by spaces, while an old one is being replaced.
WEBHOOKS = [Webhook(secret) for secret in os.environ["VOVE_WEBHOOK_SECRET"].split()]
if not WEBHOOKS:
    raise SystemExit("VOVE_WEBHOOK_SECRET is not set")


def is_genuine(body, headers):
    \"\"\"Whether VOVE ID signed this body, its exact bytes, in the last five minutes.\"\"\"
    for webhook in WEBHOOKS:
        try:
            webhook.verify(body, headers)  # what it returns means nothing: it raises or it does not
        except (WebhookVerificationError, ValueError):  # ValueError: a malformed signature
            continue
        return True
    return False
""",
    ),
    "fastapi": (
        "FastAPI",
        "python",
        """\
# More than one secret, separated by spaces, while an old one is being replaced.
WEBHOOKS = [Webhook(secret) for secret in os.environ["VOVE_WEBHOOK_SECRET"].split()]
if not WEBHOOKS:
    raise SystemExit("VOVE_WEBHOOK_SECRET is not set")


def is_genuine(body, headers):
    \"\"\"Whether VOVE ID signed this body, its exact bytes, in the last five minutes.\"\"\"
    for webhook in WEBHOOKS:
        try:
            webhook.verify(body, headers)  # what it returns means nothing: it raises or it does not
        except (WebhookVerificationError, ValueError):  # ValueError: a malformed signature
            continue
        return True
    return False
""",
    ),
    "django": (
        "Django",
        "python",
        """\
# More than one secret, separated by spaces, while an old one is being replaced.
WEBHOOKS = [Webhook(secret) for secret in os.environ["VOVE_WEBHOOK_SECRET"].split()]
if not WEBHOOKS:
    raise SystemExit("VOVE_WEBHOOK_SECRET is not set")


def is_genuine(body, headers):
    \"\"\"Whether VOVE ID signed this body, its exact bytes, in the last five minutes.\"\"\"
    for webhook in WEBHOOKS:
        try:
            webhook.verify(body, headers)  # what it returns means nothing: it raises or it does not
        except (WebhookVerificationError, ValueError):  # ValueError: a malformed signature
            continue
        return True
    return False
""",
    ),
    "python": (
        "Python",
        "python",
        """\
TOLERANCE_S = 5 * 60


def key_of(secret):
    encoded = secret.removeprefix("whsec_").rstrip("=")
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)


# More than one secret, separated by spaces, while an old one is being replaced.
KEYS = [key_of(secret) for secret in os.environ["VOVE_WEBHOOK_SECRET"].split()]
if not KEYS or not all(KEYS):
    raise SystemExit("VOVE_WEBHOOK_SECRET is not set")


def verify(headers, body):
    \"\"\"The id of a genuine message, else None; `body` is the exact bytes that arrived.\"\"\"
    family = "svix" if "svix-id" in headers else "webhook"
    parts = ("id", "timestamp", "signature")
    message_id, timestamp, signatures = (headers.get(f"{family}-{part}", "") for part in parts)
    if not message_id or not re.fullmatch(r"[0-9]{1,11}", timestamp, re.ASCII):
        return None
    if abs(int(time.time()) - int(timestamp)) > TOLERANCE_S:
        return None
    content = f"{message_id}.{timestamp}.".encode() + body
    for key in KEYS:
        expected = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
        # While VOVE ID replaces the secret there are several signatures; one match is enough.
        for signature in signatures.split(" "):
            if hmac.compare_digest(signature.encode(), expected):
                return message_id
    return None
""",
    ),
    "go": (
        "Go",
        "go",
        """\
const tolerance = 5 * time.Minute

// The keys of VOVE_WEBHOOK_SECRET: more than one secret, separated by spaces, while an old one is
// being replaced.
func signingKeys(secrets string) (keys [][]byte) {
	for _, secret := range strings.Fields(secrets) {
		encoded := strings.TrimRight(strings.TrimPrefix(secret, "whsec_"), "=")
		key, err := base64.RawStdEncoding.DecodeString(encoded)
		if err != nil || len(key) == 0 {
			log.Fatal("VOVE_WEBHOOK_SECRET holds something that is no signing secret")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		log.Fatal("VOVE_WEBHOOK_SECRET is not set")
	}
	return keys
}

// The id of a genuine message; body is the exact bytes that arrived.
func verify(keys [][]byte, header http.Header, body []byte) (id string, ok bool) {
	family := "Webhook"
	if header.Get("Svix-Id") != "" {
		family = "Svix"
	}
	id, timestamp := header.Get(family+"-Id"), header.Get(family+"-Timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 37)
	age := time.Now().Unix() - int64(seconds)
	if id == "" || err != nil || age > int64(tolerance.Seconds()) || -age > int64(tolerance.Seconds()) {
		return "", false
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		// While VOVE ID replaces the secret there are several signatures; one match is enough.
		for _, signature := range strings.Split(header.Get(family+"-Signature"), " ") {
			if hmac.Equal([]byte(signature), expected) {
				return id, true
			}
		}
	}
	return "", false
}
""",
    ),
    "php": (
        "PHP",
        "php",
        """\
const TOLERANCE_S = 5 * 60;

/** The keys of VOVE_WEBHOOK_SECRET: more than one secret, separated by spaces, during a change. */
function signingKeys(): array
{
    $secrets = preg_split('/\\s+/', (string) getenv('VOVE_WEBHOOK_SECRET'), -1, PREG_SPLIT_NO_EMPTY);
    $keys = array_map(fn ($secret) => base64_decode(preg_replace('/^whsec_/', '', $secret), true), $secrets);
    if (!$keys || in_array(false, $keys, true) || in_array('', $keys, true)) {
        throw new RuntimeException('VOVE_WEBHOOK_SECRET is not set, or is no signing secret');
    }
    return $keys;
}

/** The id of a genuine message, else null; $body is the exact bytes that arrived. */
function verify(array $server, string $body): ?string
{
    $family = isset($server['HTTP_SVIX_ID']) ? 'SVIX' : 'WEBHOOK';
    [$id, $timestamp, $signatures] = array_map(
        fn ($part) => $server["HTTP_{$family}_{$part}"] ?? '',
        ['ID', 'TIMESTAMP', 'SIGNATURE'],
    );
    if ($id === '' || !preg_match('/^[0-9]{1,11}$/D', $timestamp)) {
        return null;
    }
    if (abs(time() - (int) $timestamp) > TOLERANCE_S) {
        return null;
    }
    foreach (signingKeys() as $key) {
        $mac = hash_hmac('sha256', "$id.$timestamp.$body", $key, true);
        $expected = 'v1,' . base64_encode($mac);
        // While VOVE ID replaces the secret there are several signatures; one match is enough.
        foreach (explode(' ', $signatures) as $signature) {
            if (hash_equals($expected, $signature)) {
                return $id;
            }
        }
    }
    return null;
}
""",
    ),
    "ruby": (
        "Sinatra",
        "ruby",
        """\
TOLERANCE_S = 5 * 60

# More than one secret, separated by spaces, while an old one is being replaced.
KEYS = ENV.fetch('VOVE_WEBHOOK_SECRET', '').split.map { |secret| secret.delete_prefix('whsec_').unpack1('m') }
abort 'VOVE_WEBHOOK_SECRET is not set' if KEYS.empty? || KEYS.any?(&:empty?)

# The id of a genuine message, else nil; `body` is the exact bytes that arrived.
def verify(headers, body)
  family = headers.key?('HTTP_SVIX_ID') ? 'SVIX' : 'WEBHOOK'
  id, timestamp, signatures = %w[ID TIMESTAMP SIGNATURE].map { |part| headers.fetch("HTTP_#{family}_#{part}", '').b }
  return if id.empty? || !timestamp.match?(/\\A[0-9]{1,11}\\z/)
  return if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE_S

  content = "#{id}.#{timestamp}.".b + body
  expected = KEYS.map { |key| "v1,#{[OpenSSL::HMAC.digest('SHA256', key, content)].pack('m0')}" }
  # While VOVE ID replaces the secret there are several signatures; one match is enough.
  id if signatures.split.product(expected).any? { |given, mac| Rack::Utils.secure_compare(given, mac) }
end
""",
    ),
}
