package slip39_test

import (
	"errors"
	"fmt"

	"carekey/recovery/slip39"
)

// Five relatives get a share each; any three of them can put the secret
// together.
func Example() {
	secret := []byte("sixteen bytes ok")
	groups, err := slip39.Simple(3, 5).Split(secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	var cards []string
	for _, share := range groups[0] {
		cards = append(cards, share.Sentence()) // twenty words
	}

	var found []slip39.Share
	for _, card := range []string{cards[4], cards[1]} {
		share, err := slip39.Parse(card)
		if err != nil {
			fmt.Println(err)
			return
		}
		found = append(found, share)
	}
	_, err = slip39.Combine(found, nil)
	var missing *slip39.MissingError
	fmt.Println(errors.As(err, &missing), err)

	third, err := slip39.Parse(cards[2])
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := slip39.Combine(append(found, third), nil)
	fmt.Println(string(again), err)
	// Output:
	// true 1 more share is needed
	// sixteen bytes ok <nil>
}
