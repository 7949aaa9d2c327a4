// Package oracle tests package slip39 against another implementation,
// github.com/gavincarr/go-slip39, and against the official vectors that come with
// it. It is a module of its own, so that carekey does not depend on either.
package oracle
