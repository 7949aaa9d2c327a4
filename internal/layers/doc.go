// Package layers holds the tests that keep the project's shape: which folder
// may import which, what may be imported at all, which licences the binary
// may carry, which words the product may not contain, and that the documents
// describe what is there. It has no product code.
package layers
