// Command check runs the project's tests and fuzz targets and says plainly
// what happened.
//
//	check test [flags of go test] [packages]   run tests, list skips, count
//	check fuzz [-each 5s] [-budget 120s]       fuzz every target for a while
//
// A test that is skipped has shown nothing. Where the machine can be given
// everything (Debian, as root) a skip is therefore a failure, except where
// the test says that ../shared is absent and it is.
package main
