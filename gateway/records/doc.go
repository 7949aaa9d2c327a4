// Package records is where an institution keeps what it knows of its patients:
// its own FHIR R4 server ([Server]), or a small store of this project's
// ([Embedded]) where there is none.
//
// A record number names one patient. Reading returns everything the institution
// holds about that patient, with what those records refer to; what may leave is
// decided afterwards, over the whole, since a record can be sensitive by what
// refers to it. Nothing is interpreted or rewritten here: resources stay the
// JSON they are.
package records
