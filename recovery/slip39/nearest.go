package slip39

import (
	"slices"
	"sort"
)

const (
	maxNear     = 3 // words that are proposed
	maxDistance = 2 // letters that may be wrong in them
)

// nearest are words of the list that somebody who wrote word may have meant, the
// likeliest first.
func nearest(word string) []string { return nearestOf(word, maxNear) }

// nearestOf are at most so many of them.
func nearestOf(word string, most int) []string {
	letters := []rune(word)
	if len(letters) > 2*wordColumn {
		return nil
	}
	type near struct {
		word     string
		distance int
	}
	var all []near
	for i := range uint16(wordCount) {
		w := wordAt(i)
		if d := min(distance(letters, []rune(w)), distance(letters, []rune(w[:shortest]))+1); d <= maxDistance {
			all = append(all, near{w, d})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].distance < all[j].distance })
	var words []string
	for _, n := range all[:min(len(all), most)] {
		words = append(words, n.word)
	}
	return words
}

// distance counts the letters to change, add, drop or swap with the next one to
// make b of a (Damerau and Levenshtein's, each place changed once).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, slices.Clone(row), before
	}
	return last[len(b)]
}
