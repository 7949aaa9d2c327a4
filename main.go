// Command carekey is a patient's wallet for medical consent.
package main

import "fmt"

func main() { fmt.Println("carekey") }
