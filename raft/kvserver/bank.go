package kvserver

import (
	"strconv"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// BankWork describes what a client of a bank does. The bank has so many accounts, between which so many coins are moved
// from one to the next: the key bank/a/3 says that the third coin is in the account a. What an account has nobody needs
// to know who moves a coin from wherever it is, so that a transfer can be drawn up front.
//
//	txn {version bank/a/3 > 0} then {delete bank/a/3; put bank/b/3 …}
//	else {txn {version bank/b/3 > 0} then {delete bank/b/3; put bank/a/3 …} else {…}}
//
// Who finds the bank closed opens it.
type BankWork struct {
	// Ops is the number of operations of one client. The first opens the bank, unless it is open.
	Ops int
	// Accounts is at least 2, Coins at least 1.
	Accounts, Coins int
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
}

// Bank is where a bank has its keys. Each ends in the number of a coin behind a slash.
var Bank = kvapi.Prefix("bank/")

// Draw draws the operations of the client id: half of them are transfers, the others read the whole bank, from the
// leader or from whatever server is asked. It panics if there are too few accounts or coins.
func (w BankWork) Draw(c sim.Chooser, id sim.NodeID) []Operation {
	if w.Accounts < 2 || w.Coins < 1 {
		panic("kvserver: BankWork: want 2 accounts and a coin")
	}
	k := sim.Key{Decision: sim.DecideWorkload, From: id}
	ops := make([]Operation, w.Ops)
	for i := range ops {
		ops[i].Think = c.Span(k, w.ThinkMin, w.ThinkMax)
		value := strconv.Itoa(id.Number()) + "." + strconv.Itoa(i+1)
		switch kind := c.Index(k, 4); {
		case i == 0:
			ops[i].In = w.open(value)
		case kind == 0:
			ops[i].In = readBank(0)
		case kind == 1:
			ops[i].In = readBank(kvapi.FlagSerializable)
		default:
			ops[i].In = w.transfer(c.Index(k, w.Coins)+1, c.Index(k, w.Accounts), w.Accounts, value)
		}
	}
	return ops
}

// coinKey says that a coin is in the i-th account.
func coinKey(i, coin int) string { return "bank/" + key(i) + "/" + strconv.Itoa(coin) }

// readBank reads the whole bank.
func readBank(flags kvapi.Flags) kvapi.Op {
	return kvapi.Op{Kind: kvapi.Range, Span: Bank, Flags: flags}
}

// putCoin puts a coin into the i-th account; no two operations use the same value.
func putCoin(i, coin int, value string) kvapi.Op {
	return kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: coinKey(i, coin)}, Value: value + "." + strconv.Itoa(coin)}
}

// open returns the Txn that puts all coins into the accounts in turn, if there is none anywhere.
func (w *BankWork) open(value string) kvapi.Op {
	op := kvapi.Op{Kind: kvapi.Txn, If: []kvapi.Compare{{Target: kvapi.CompareVersion, Span: Bank}},
		Else: []kvapi.Op{readBank(0)}}
	for coin := 1; coin <= w.Coins; coin++ {
		op.Then = append(op.Then, putCoin(coin%w.Accounts, coin, value))
	}
	return op
}

// transfer returns the Txn that moves a coin to the next account. It looks for it in the account first, then, so many
// times in all, in the one after it.
func (w *BankWork) transfer(coin, first, looks int, value string) kvapi.Op {
	if looks == 0 {
		return w.open(value)
	}
	from, to := kvapi.Span{Key: coinKey(first, coin)}, (first+1)%w.Accounts
	return kvapi.Op{Kind: kvapi.Txn, If: []kvapi.Compare{{Result: kvapi.Greater, Span: from}},
		Then: []kvapi.Op{{Kind: kvapi.DeleteRange, Span: from}, putCoin(to, coin, value)},
		Else: []kvapi.Op{w.transfer(coin, to, looks-1, value)}}
}
