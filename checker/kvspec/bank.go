package kvspec

import (
	"fmt"
	"strconv"
	"strings"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// BankWhole is what JudgeBank checks: whoever reads the whole bank sees every coin, and each in one account.
const BankWhole = "bank-whole"

// JudgeBank judges reads of a bank in which so many coins are moved between accounts. All keys of the bank are in the
// span, one for each coin, whose number, from 1, stands behind the last slash; the rest of the key is the account. A
// read of the whole span, in a Txn or not, that shows any coin must show all of them, in one account each. It may be
// old, but not a mixture: half a transfer loses a coin or makes one. Once a bank was seen open, who reads it later from
// where it is not old sees it open. If nobody has seen it open nothing can be told.
func JudgeBank(history []sim.Op, bank kvapi.Span, coins int) checker.Report {
	r := checker.Passed(BankWhole, 0)
	opened := sim.StillOpen // when a read returned that has seen it open
	for i := range history {
		op := &history[i]
		in, ok := op.Input.(*kvapi.Op)
		out, answered := op.Output.(*kvapi.Output)
		if !ok || !answered || out.Code != kvapi.OK {
			continue
		}
		eachRange(in, &out.Result, func(in *kvapi.Op, got *kvapi.Result) {
			if in.Span != bank || in.Limit > 0 || in.Bounds != (kvapi.Bounds{}) || in.Flags&kvapi.FlagCountOnly != 0 {
				return
			}
			why := countCoins(got.KVs, coins)
			switch {
			case len(got.KVs) > 0:
				r.Effort.Operations++
				opened = min(opened, op.ReturnSeq)
			case in.Flags&kvapi.FlagSerializable == 0 && opened < op.CallSeq:
				why = "it is empty, and was open"
			}
			if why != "" && r.Verdict == checker.Valid {
				r.Verdict, r.Core, r.Blocked = checker.Invalid, []sim.Op{*op}, 0
				r.Reason = fmt.Sprintf("%s, says %s", why, describe(op.Input.(*kvapi.Op), out))
			}
		})
	}
	switch {
	case r.Verdict == checker.Valid && r.Effort.Operations == 0:
		return checker.NotTold(BankWhole, "nobody has seen the bank open")
	case r.Verdict == checker.Valid:
		r.Reason = fmt.Sprintf("%d reads show the whole bank", r.Effort.Operations)
	}
	return r
}

// eachRange calls read for every Range with its result: in itself, and those of the branches that were done.
func eachRange(in *kvapi.Op, r *kvapi.Result, read func(*kvapi.Op, *kvapi.Result)) {
	switch in.Kind {
	case kvapi.Range:
		read(in, r)
	case kvapi.Txn:
		branch := in.Else
		if r.Succeeded {
			branch = in.Then
		}
		for i := range min(len(branch), len(r.Responses)) {
			eachRange(&branch[i], &r.Responses[i], read)
		}
	}
}

// countCoins says what is wrong with a bank that has these keys, "" for nothing. An empty one is not open yet.
func countCoins(kvs []kvapi.KeyValue, coins int) string {
	in := map[string]string{}
	for i := range kvs {
		account, coin := "", kvs[i].Key
		if slash := strings.LastIndexByte(coin, '/'); slash >= 0 {
			account, coin = coin[:slash], coin[slash+1:]
		}
		if other, twice := in[coin]; twice {
			return fmt.Sprintf("coin %s is in %s and in %s", coin, other, account)
		}
		in[coin] = account
	}
	if len(in) == 0 {
		return ""
	}
	for i := 1; i <= coins; i++ {
		if _, there := in[strconv.Itoa(i)]; !there {
			return fmt.Sprintf("coin %d of %d is not there", i, coins)
		}
	}
	if len(in) > coins {
		return fmt.Sprintf("there are %d coins of %d", len(in), coins)
	}
	return ""
}
