// Package fails has one test, which fails.
package fails

import "testing"

func TestFails(t *testing.T) { t.Error("one is not two") }
