package zkapi

import "strconv"

// Code says how an operation ended, with ZooKeeper's numbers (KeeperException.Code). Everything but OK is an error.
type Code int32

// The codes. A server answers with those from SystemError to APIError only if something is wrong with the request
// or the server itself; ConnectionLoss and OperationTimeout it never sends at all: they are how a client calls an
// operation whose end it does not know.
const (
	OK                      Code = 0
	SystemError             Code = -1
	RuntimeInconsistency    Code = -2
	DataInconsistency       Code = -3
	ConnectionLoss          Code = -4
	MarshallingError        Code = -5
	Unimplemented           Code = -6
	OperationTimeout        Code = -7
	BadArguments            Code = -8
	UnknownSession          Code = -12
	NewConfigNoQuorum       Code = -13
	ReconfigInProgress      Code = -14
	APIError                Code = -100
	NoNode                  Code = -101
	NoAuth                  Code = -102
	BadVersion              Code = -103
	NoChildrenForEphemerals Code = -108
	NodeExists              Code = -110
	NotEmpty                Code = -111
	SessionExpired          Code = -112
	InvalidCallback         Code = -113
	InvalidACL              Code = -114
	AuthFailed              Code = -115
	SessionMoved            Code = -118
	NotReadOnly             Code = -119
	EphemeralOnLocalSession Code = -120
	NoWatcher               Code = -121
	RequestTimeout          Code = -122
	ReconfigDisabled        Code = -123
	QuotaExceeded           Code = -125
	ThrottledOp             Code = -127
)

// minCode is the least number of a code.
const minCode = -127

// String returns ZooKeeper's name of the error, "NoNode", or "ok".
func (c Code) String() string {
	switch c {
	case OK:
		return "ok"
	case SystemError:
		return "SystemError"
	case RuntimeInconsistency:
		return "RuntimeInconsistency"
	case DataInconsistency:
		return "DataInconsistency"
	case ConnectionLoss:
		return "ConnectionLoss"
	case MarshallingError:
		return "MarshallingError"
	case Unimplemented:
		return "Unimplemented"
	case OperationTimeout:
		return "OperationTimeout"
	case BadArguments:
		return "BadArguments"
	case UnknownSession:
		return "UnknownSession"
	case NewConfigNoQuorum:
		return "NewConfigNoQuorum"
	case ReconfigInProgress:
		return "ReconfigInProgress"
	case APIError:
		return "APIError"
	}
	return c.apiName()
}

// apiName returns the name of an error that an operation itself can meet.
func (c Code) apiName() string {
	switch c {
	case NoNode:
		return "NoNode"
	case NoAuth:
		return "NoAuth"
	case BadVersion:
		return "BadVersion"
	case NoChildrenForEphemerals:
		return "NoChildrenForEphemerals"
	case NodeExists:
		return "NodeExists"
	case NotEmpty:
		return "NotEmpty"
	case SessionExpired:
		return "SessionExpired"
	case InvalidCallback:
		return "InvalidCallback"
	case InvalidACL:
		return "InvalidACL"
	case AuthFailed:
		return "AuthFailed"
	case SessionMoved:
		return "SessionMoved"
	case NotReadOnly:
		return "NotReadOnly"
	case EphemeralOnLocalSession:
		return "EphemeralOnLocalSession"
	case NoWatcher:
		return "NoWatcher"
	case RequestTimeout:
		return "RequestTimeout"
	case ReconfigDisabled:
		return "ReconfigDisabled"
	case QuotaExceeded:
		return "QuotaExceeded"
	case ThrottledOp:
		return "ThrottledOp"
	}
	return "Code(" + strconv.Itoa(int(c)) + ")"
}
