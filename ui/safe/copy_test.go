package safe

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

const hostile = "Dr.\x1b[31m \u202eeeL\x07"

// fill puts hostile text wherever a value of this type can hold text, and
// reports how many places that were.
func fill(v reflect.Value, depth int) int {
	if depth == 0 || !v.CanSet() || v.Type() == reflect.TypeFor[time.Time]() {
		return 0
	}
	n := 0
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
		return 1
	case reflect.Struct:
		for i := range v.NumField() {
			n += fill(v.Field(i), depth)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		return fill(v.Index(0), depth-1) + fill(v.Index(1), depth-1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), depth-1)
	}
	return n
}

func count(v reflect.Value, is func(string) bool) int {
	n := 0
	switch v.Kind() {
	case reflect.String:
		if is(v.String()) {
			n++
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += count(v.Field(i), is)
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += count(v.Index(i), is)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			n += count(v.Elem(), is)
		}
	}
	return n
}

func TestCopyCleansEveryText(t *testing.T) {
	var snap wallet.Snapshot
	places := fill(reflect.ValueOf(&snap).Elem(), 6)
	if places < 40 {
		t.Fatalf("only %d places for text in a snapshot", places)
	}
	clean := Copy(snap)
	if n := count(reflect.ValueOf(clean), func(s string) bool { return s == hostile }); n != 0 {
		t.Errorf("%d texts are as they came", n)
	}
	if n := count(reflect.ValueOf(clean), func(s string) bool { return s == "Dr. eeL" }); n < places {
		t.Errorf("%d clean texts where %d belong", n, places)
	}
	if n := count(reflect.ValueOf(snap), func(s string) bool { return s == hostile }); n < places {
		t.Error("the original was changed")
	}
}

func TestCopyCleansContents(t *testing.T) {
	leaf := []byte{0x1b, 0x5b}
	in := wallet.EntryDetail{Row: wallet.Row{Content: &consent.Accessed{By: consent.Person{Name: hostile}, Late: hostile}}, Leaf: leaf}
	out := Copy(in)
	got := out.Content.(*consent.Accessed)
	if got.By.Name != "Dr. eeL" || got.Late != "Dr. eeL" {
		t.Errorf("got %+v", got)
	}
	if in.Content.(*consent.Accessed).Late != hostile {
		t.Error("the original was changed")
	}
	if string(out.Leaf) != string(leaf) {
		t.Error("bytes were changed")
	}
}

func TestErrorKeepsItsKind(t *testing.T) {
	err := Error(errors.Join(fs.ErrNotExist, errors.New(hostile)))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the kind is lost")
	}
	if got, want := err.Error(), "file does not exist; Dr. eeL"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if Error(nil) != nil {
		t.Error("an error came from nothing")
	}
}
