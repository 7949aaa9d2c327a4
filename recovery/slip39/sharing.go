package slip39

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
)

const (
	secretAt    = 255 // where the polynomial takes the secret's value
	digestAt    = 254 // and its digest's
	digestBytes = 4
)

// split makes count shares, of which threshold recover the secret
// (SplitSecret of the standard).
func split(random io.Reader, threshold, count int, secret []byte) ([][]byte, error) {
	shares := make([][]byte, count)
	for i := range shares {
		shares[i] = make([]byte, len(secret))
	}
	if threshold == 1 {
		for _, s := range shares {
			copy(s, secret)
		}
		return shares, nil
	}
	points := make([]point, 0, threshold)
	for i := range threshold - 2 {
		if err := fill(random, shares[i]); err != nil {
			return nil, err
		}
		points = append(points, point{x: byte(i), y: shares[i]})
	}
	d := make([]byte, len(secret))
	defer clear(d)
	if err := fill(random, d[digestBytes:]); err != nil {
		return nil, err
	}
	copy(d, digest(d[digestBytes:], secret))
	points = append(points, point{digestAt, d}, point{secretAt, secret})
	var places [maxCount]byte
	for i := range places {
		places[i] = byte(i)
	}
	interpolate(points, places[threshold-2:count], shares[threshold-2:])
	return shares, nil
}

// recoverFrom puts a secret together from as many points as the threshold says
// (RecoverSecret of the standard). [ErrDigest] if they do not belong together.
func recoverFrom(points []point) ([]byte, error) {
	secret := make([]byte, len(points[0].y))
	if len(points) == 1 {
		copy(secret, points[0].y)
		return secret, nil
	}
	d := make([]byte, len(secret))
	defer clear(d)
	interpolate(points, []byte{secretAt, digestAt}, [][]byte{secret, d})
	if subtle.ConstantTimeCompare(d[:digestBytes], digest(d[digestBytes:], secret)) != 1 {
		clear(secret)
		return nil, ErrDigest
	}
	return secret, nil
}

// digest is the first bytes of HMAC-SHA256 of the secret under the rest of the
// digest's share. HMAC panics at keys as short as the standard's where
// GODEBUG=fips140=only forbids them; there the cipher says that it is not allowed.
func digest(key, secret []byte) (d []byte) {
	fips140.WithoutEnforcement(func() {
		h := hmac.New(sha256.New, key)
		h.Write(secret)
		d = h.Sum(nil)[:digestBytes]
	})
	return d
}

// fill fills b with random bytes.
func fill(random io.Reader, b []byte) error {
	if _, err := io.ReadFull(random, b); err != nil {
		return fmt.Errorf("no random numbers could be had, so nothing was split: %w", err)
	}
	return nil
}
