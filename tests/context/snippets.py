"""One program in every language that there is a grammar for: a class with a method, a function in it, one at the top.

The words at_pay, at_inner and at_top stand where their names say, `bottom` in what is only there to be called.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """`pay`, `inner` and `top` are the names of their scopes; `above` begins what belongs to `pay` from above it."""

    path: str
    text: str
    pay: tuple[str, ...]
    inner: tuple[str, ...]
    top: tuple[str, ...]
    above: str
    head: str

    @property
    def content(self) -> bytes:
        return self.text.encode()

    def line(self, word: str) -> int:
        """The number of the first line that holds `word`."""
        return next(at for at, line in enumerate(self.text.split("\n"), 1) if word in line)


ACCOUNT = ("Account", "pay")
INNER = (*ACCOUNT, "inner")
TOP = ("top",)

SNIPPETS = (
    Snippet(
        "bank/account.py",
        '''import bank.ledger as ledger


class Account(Base):
    """Money."""

    # Pays.
    @audited(
        level=3,
    )
    async def pay(
        self, amount: int
    ) -> int:
        def inner(x):
            return at_inner(x)

        at_pay(inner(amount))
        return Receipt(amount)


def top():
    at_top()
''',
        ACCOUNT, INNER, TOP, "# Pays.", "async def pay( self, amount: int ) -> int",
    ),
    Snippet(
        "bank/account.js",
        """import { ledger } from './ledger'

export class Account extends Base {
  /**
   * Pays.
   */
  async pay(amount) {
    const inner = (x) => {
      return at_inner(x)
    }
    at_pay(inner(amount))
    return new Receipt(amount)
  }
}

export const top = async () => {
  at_top()
}
""",
        ACCOUNT, INNER, TOP, "/**", "async pay(amount)",
    ),
    Snippet(
        "bank/account.ts",
        """import { ledger } from './ledger'

export abstract class Account extends Base implements Payer {
  // Pays.
  @audited
  private async pay(amount: number): Promise<Receipt> {
    function inner(x: number): number {
      return at_inner(x)
    }
    at_pay(inner(amount))
    return new Receipt(amount)
  }
}

export function top(): void {
  at_top()
}
""",
        ACCOUNT, INNER, TOP, "// Pays.", "private async pay(amount: number): Promise<Receipt>",
    ),
    Snippet(
        "bank/account.tsx",
        """export class Account extends Base {
  // Pays.
  pay(amount: number): Receipt {
    const inner = function (x: number) {
      return at_inner(x)
    }
    at_pay(inner(amount))
    return new Receipt(amount)
  }
}

export const top = () => {
  return <at_top a={1} />
}
""",
        ACCOUNT, INNER, TOP, "// Pays.", "pay(amount: number): Receipt",
    ),
    Snippet(
        "bank/account.go",
        """package bank

import "bank/ledger"

type Account struct {
	balance int
}

// pay pays.
func (a *Account) pay(amount int) (int, error) {
	at_pay(at_inner(amount))
	return Receipt{amount: 1}, nil
}

func top() {
	at_top()
}
""",
        ACCOUNT, ACCOUNT, TOP, "// pay pays.", "func (a *Account) pay(amount int) (int, error)",
    ),
    Snippet(
        "bank/account.rs",
        """use bank::ledger;

impl<T> Payer for Account<T> {
    /// Pays.
    #[inline]
    pub fn pay(&self, amount: u32) -> Receipt
    where
        T: Copy,
    {
        fn inner(x: u32) -> u32 {
            at_inner(x)
        }
        at_pay(inner(amount));
        Receipt { amount }
    }
}

fn top() {
    at_top();
}
""",
        ACCOUNT, INNER, TOP, "/// Pays.", "pub fn pay(&self, amount: u32) -> Receipt where T: Copy,",
    ),
    Snippet(
        "bank/Account.java",
        """import bank.Ledger;

public class Account extends Base implements Payer {
    /** Pays. */
    @Override
    public Receipt pay(int amount) throws Broke {
        class inner {
            int run() {
                return at_inner(1);
            }
        }
        at_pay(amount);
        return new Receipt(amount);
    }

    static void top() {
        at_top();
    }
}
""",
        ACCOUNT, (*INNER, "run"), ("Account", "top"), "/** Pays. */",
        "@Override public Receipt pay(int amount) throws Broke",
    ),
    Snippet(
        "bank/account.c",
        """#include "ledger.h"

struct account {
    int balance;
};

/*
 * Pays.
 */
static struct receipt *
pay(struct account *a, int amount)
{
    at_inner(amount);
    at_pay(a, amount);
    return Receipt(amount);
}

int top(void)
{
    return at_top();
}
""",
        ("pay",), ("pay",), TOP, "/*", "static struct receipt * pay(struct account *a, int amount)",
    ),
    Snippet(
        "bank/account.cpp",
        """#include "account.hpp"

namespace bank {

// Pays.
Receipt Account::pay(int amount) const {
    at_inner(amount);
    at_pay(amount);
    return *new Receipt(amount);
}

template <typename T>
T top(T x) {
    return at_top(x);
}

}  // namespace bank
""",
        ("bank", "Account", "pay"), ("bank", "Account", "pay"), ("bank", "top"), "// Pays.",
        "Receipt Account::pay(int amount) const",
    ),
    Snippet(
        "bank/Account.cs",
        """using Bank.Ledger;

namespace Bank
{
    public class Account : Base
    {
        /// <summary>Pays.</summary>
        [Audited]
        public async Task<Receipt> pay(int amount)
        {
            int inner(int x)
            {
                return at_inner(x);
            }
            at_pay(inner(amount));
            return new Receipt(amount);
        }

        void top() => at_top();
    }
}
""",
        ("Bank", *ACCOUNT), ("Bank", *INNER), ("Bank", "Account", "top"), "/// <summary>",
        "[Audited] public async Task<Receipt> pay(int amount)",
    ),
    Snippet(
        "bank/account.rb",
        """require 'bank/ledger'

class Account < Base
  # Pays.
  def pay(amount, to: nil)
    at_inner(amount)
    at_pay(amount)
    Receipt.new(amount)
  end
end

def top
  at_top()
end
""",
        ACCOUNT, ACCOUNT, TOP, "# Pays.", "def pay(amount, to: nil)",
    ),
    Snippet(
        "bank/Account.php",
        """<?php
use Bank\\Ledger;

class Account extends Base {
    /**
     * Pays.
     */
    public function pay(int $amount): Receipt
    {
        at_inner($amount);
        at_pay($amount);
        return new Receipt($amount);
    }
}

function top() {
    at_top();
}
""",
        ACCOUNT, ACCOUNT, TOP, "/**", "public function pay(int $amount): Receipt",
    ),
    Snippet(
        "bank/Account.kt",
        """import bank.ledger

class Account(val balance: Int) : Base(balance) {
    /** Pays. */
    @Audited
    override suspend fun pay(amount: Int): Receipt {
        fun inner(x: Int): Int {
            return at_inner(x)
        }
        at_pay(inner(amount))
        return Receipt(amount)
    }
}

fun top() {
    at_top()
}
""",
        ACCOUNT, INNER, TOP, "/** Pays. */", "@Audited override suspend fun pay(amount: Int): Receipt",
    ),
    Snippet(
        "bank/Account.swift",
        """import Ledger

class Account: Base {
    /// Pays.
    @discardableResult
    func pay(_ amount: Int) throws -> Receipt {
        func inner(x: Int) -> Int {
            return at_inner(x)
        }
        at_pay(inner(x: amount))
        return Receipt(amount)
    }
}

func top() {
    at_top()
}
""",
        ACCOUNT, INNER, TOP, "/// Pays.", "@discardableResult func pay(_ amount: Int) throws -> Receipt",
    ),
    Snippet(
        "bank/Account.scala",
        """import bank.ledger

class Account(balance: Int) extends Base(balance) {
  // Pays.
  @audited
  override def pay(amount: Int): Receipt = {
    def inner(x: Int): Int = {
      at_inner(x)
    }
    at_pay(inner(amount))
    new Receipt(amount)
  }
}

object Main {
  def top() = at_top()
}
""",
        ACCOUNT, INNER, ("Main", "top"), "// Pays.", "@audited override def pay(amount: Int): Receipt",
    ),
    Snippet(
        "bank/account.sh",
        """#!/bin/sh
. ./ledger.sh

# Pays.
pay() {
    inner() {
        at_inner "$1"
    }
    at_pay "$(inner "$1")"
    Receipt "$1"
}

top() {
    at_top
}
""",
        ("pay",), ("pay", "inner"), TOP, "# Pays.", "pay()",
    ),
)  # fmt: skip
