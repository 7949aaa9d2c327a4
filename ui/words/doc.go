// Package words holds every word that people read: on screens, line by line,
// and in commands. Whoever makes the program speak another language changes
// this package and carekey/consent's words, and nothing else.
//
// Functions here take the wallet's values and return whole sentences. They
// expect text that [Clean] has been over; ui/safe sees to that.
package words
