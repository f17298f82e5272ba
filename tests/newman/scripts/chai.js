// pm.expect: the messages of chai.

//# equal
pm.test("a", () => pm.expect(1).to.equal(1));
pm.test("b", () => pm.expect(1).to.equal(2));
pm.test("c", () => pm.expect("1").to.equal(1));

//# eql
pm.test("a", () => pm.expect({ a: [1, { b: 2 }] }).to.eql({ a: [1, { b: 2 }] }));
pm.test("b", () => pm.expect({ a: 1 }).to.eql({ a: 2 }));
pm.test("c", () => pm.expect([1, 2]).to.eql([2, 1]));

//# deep equal
pm.test("a", () => pm.expect({ a: 1 }).to.deep.equal({ a: "1" }));

//# not
pm.test("a", () => pm.expect(1).to.not.equal(1));
pm.test("b", () => pm.expect({}).to.not.eql({}));
pm.test("c", () => pm.expect([1]).to.not.include(1));

//# types
pm.test("a", () => pm.expect("x").to.be.a("string"));
pm.test("b", () => pm.expect([]).to.be.an("array"));
pm.test("c", () => pm.expect({}).to.be.a("string"));
pm.test("d", () => pm.expect(null).to.be.an("object"));
pm.test("e", () => pm.expect(1).to.be.a("Number"));

//# true, false, null, undefined
pm.test("a", () => pm.expect(1).to.be.true);
pm.test("b", () => pm.expect(true).to.be.false);
pm.test("c", () => pm.expect(undefined).to.be.null);
pm.test("d", () => pm.expect(null).to.be.undefined);
pm.test("e", () => pm.expect("").to.be.ok);
pm.test("f", () => pm.expect(0).to.exist);
pm.test("g", () => pm.expect(null).to.exist);

//# NaN and finite
pm.test("a", () => pm.expect(NaN).to.be.NaN);
pm.test("b", () => pm.expect(1).to.be.NaN);
pm.test("c", () => pm.expect(Infinity).to.be.finite);

//# empty
pm.test("a", () => pm.expect([]).to.be.empty);
pm.test("b", () => pm.expect([1]).to.be.empty);
pm.test("c", () => pm.expect("").to.not.be.empty);
pm.test("d", () => pm.expect({}).to.not.be.empty);
pm.test("e", () => pm.expect(5).to.be.empty);

//# above and below
pm.test("a", () => pm.expect(5).to.be.above(6));
pm.test("b", () => pm.expect(5).to.be.below(4));
pm.test("c", () => pm.expect(5).to.be.at.least(6));
pm.test("d", () => pm.expect(5).to.be.at.most(4));
pm.test("e", () => pm.expect("5").to.be.above(4));
pm.test("f", () => pm.expect(5).to.be.gt(4).and.lte(5));

//# within and closeTo
pm.test("a", () => pm.expect(5).to.be.within(1, 4));
pm.test("b", () => pm.expect(1.5).to.be.closeTo(2, 0.1));
pm.test("c", () => pm.expect(1.5).to.be.closeTo(1, 0.5));

//# include
pm.test("a", () => pm.expect([1, 2]).to.include(3));
pm.test("b", () => pm.expect("abc").to.include("x"));
pm.test("c", () => pm.expect({ a: 1, b: 2 }).to.include({ a: 2 }));
pm.test("d", () => pm.expect([{ a: 1 }]).to.include({ a: 1 }));
pm.test("e", () => pm.expect([{ a: 1 }]).to.deep.include({ a: 1 }));
pm.test("f", () => pm.expect(1).to.include(1));

//# members
pm.test("a", () => pm.expect([1, 2]).to.have.members([2, 1]));
pm.test("b", () => pm.expect([1, 2]).to.have.members([1]));
pm.test("c", () => pm.expect([1, 2]).to.include.members([3]));
pm.test("d", () => pm.expect([1, 2]).to.have.ordered.members([2, 1]));
pm.test("e", () => pm.expect([{ a: 1 }]).to.have.deep.members([{ a: 1 }]));

//# property
pm.test("a", () => pm.expect({ a: 1 }).to.have.property("a"));
pm.test("b", () => pm.expect({ a: 1 }).to.have.property("b"));
pm.test("c", () => pm.expect({ a: 1 }).to.have.property("a", 2));
pm.test("d", () => pm.expect({ a: { b: 1 } }).to.have.nested.property("a.b", 1));
pm.test("e", () => pm.expect({ a: { b: 1 } }).to.have.nested.property("a.c"));
pm.test("f", () => pm.expect(undefined).to.have.property("a"));

//# own property
pm.test("a", () => pm.expect({ a: 1 }).to.have.own.property("toString"));
pm.test("b", () => pm.expect({ a: 1 }).to.have.ownPropertyDescriptor("a"));

//# keys
pm.test("a", () => pm.expect({ a: 1, b: 2 }).to.have.keys("a", "b"));
pm.test("b", () => pm.expect({ a: 1, b: 2 }).to.have.keys(["a"]));
pm.test("c", () => pm.expect({ a: 1 }).to.have.any.keys("b", "c"));
pm.test("d", () => pm.expect({ a: 1 }).to.include.all.keys("a", "c"));

//# length
pm.test("a", () => pm.expect([1, 2]).to.have.lengthOf(3));
pm.test("b", () => pm.expect("abc").to.have.length(3));
pm.test("c", () => pm.expect([1]).to.have.lengthOf.above(1));
pm.test("d", () => pm.expect(5).to.have.lengthOf(1));

//# match and string
pm.test("a", () => pm.expect("abc").to.match(/b/));
pm.test("b", () => pm.expect("abc").to.match(/x/i));
pm.test("c", () => pm.expect("abc").to.have.string("bc"));
pm.test("d", () => pm.expect("abc").to.have.string("x"));

//# throw
pm.test("a", () => pm.expect(() => { throw new Error("x"); }).to.throw());
pm.test("b", () => pm.expect(() => {}).to.throw());
pm.test("c", () => pm.expect(() => { throw new Error("x"); }).to.throw("y"));
pm.test("d", () => pm.expect(() => { throw new Error("x"); }).to.throw(TypeError));
pm.test("e", () => pm.expect(() => { throw new TypeError("x"); }).to.throw(TypeError, /x/));
pm.test("f", () => pm.expect(() => { throw new Error("x"); }).to.not.throw());

//# oneOf
pm.test("a", () => pm.expect(2).to.be.oneOf([1, 3]));
pm.test("b", () => pm.expect(1).to.be.oneOf([1, 3]));
pm.test("c", () => pm.expect([1, 2]).to.contain.oneOf([2, 5]));

//# satisfy and instanceof
pm.test("a", () => pm.expect(3).to.satisfy((n) => n > 5));
pm.test("b", () => pm.expect(new Date(0)).to.be.an.instanceof(RegExp));
pm.test("c", () => pm.expect([]).to.be.instanceOf(Array));

//# respondTo, sealed, frozen
pm.test("a", () => pm.expect({ f() {} }).to.respondTo("g"));
pm.test("b", () => pm.expect({}).to.be.frozen);
pm.test("c", () => pm.expect(Object.seal({ a: 1 })).to.be.sealed);

//# change, increase, decrease
let n = 1;
pm.test("a", () => pm.expect(() => n++).to.change(() => n));
pm.test("b", () => pm.expect(() => {}).to.increase(() => n));
pm.test("c", () => pm.expect(() => n--).to.decrease(() => n).by(1));

//# a message of one's own
pm.test("a", () => pm.expect(1, "the answer").to.equal(2));
pm.test("b", () => pm.expect(1).to.equal(2, "inside"));

//# fail
pm.test("a", () => pm.expect.fail("stop"));
pm.test("b", () => pm.expect.fail(1, 2, "differ"));
pm.test("c", () => pm.expect.fail());

//# arguments
(function () {
  pm.test("a", () => pm.expect(arguments).to.be.arguments);
  pm.test("b", () => pm.expect([]).to.be.arguments);
})(1);

//# chains
pm.test("a", () => pm.expect([1, 2, 3]).to.be.an("array").that.includes(2).and.has.lengthOf(3));
pm.test("b", () => pm.expect({ a: [1] }).to.have.property("a").that.is.an("array").with.lengthOf(2));

//# an unknown word
pm.test("a", () => pm.expect(1).to.be.eqaul(1));
pm.test("b", () => pm.expect(1).to.foo);

//# long values are cut
pm.test("a", () => pm.expect("x".repeat(200)).to.equal("y"));
pm.test("b", () => pm.expect({ a: "long enough to be cut", b: "and more of it", c: [1, 2, 3] }).to.equal(1));
pm.test("c", () => pm.expect(Array.from({ length: 50 }, (_, i) => i)).to.eql([]));

//# strange values in messages
pm.test("a", () => pm.expect(() => 1).to.equal(1));
pm.test("b", () => pm.expect(Symbol("s")).to.equal(1));
pm.test("c", () => pm.expect(new Map([[1, 2]])).to.equal(1));
pm.test("d", () => pm.expect(new Date(0)).to.equal(1));
pm.test("e", () => pm.expect(/x/g).to.equal(1));
pm.test("f", () => pm.expect(-0).to.equal(1));
pm.test("g", () => pm.expect([undefined, null]).to.equal(1));
pm.test("h", () => pm.expect(new Error("e")).to.equal(1));
pm.test("i", () => pm.expect(class A {}).to.equal(1));

//# a BigInt in an error
pm.test("a", () => pm.expect(10n).to.equal(1));

//# maps and sets
pm.test("a", () => pm.expect(new Set([1])).to.include(2));
pm.test("b", () => pm.expect(new Map([["a", 1]])).to.have.keys("b"));
pm.test("c", () => pm.expect(new Set([1, 2])).to.have.property("size", 3));

//# outside of a test
pm.expect(1).to.equal(2);

//# assert
const { assert } = require("chai");
pm.test("a", () => assert.strictEqual(1, 2));
pm.test("b", () => assert.deepEqual({ a: 1 }, { a: 2 }, "note"));
pm.test("c", () => assert.isTrue(false));
pm.test("d", () => assert(1 === 2, "plain"));

//# should
require("chai").should();
pm.test("a", () => (5).should.equal(6));

//# an error's parts
try {
  pm.expect(1).to.equal(2);
} catch (error) {
  console.log(error.name, error.message, error.actual, error.expected, error.showDiff, error instanceof Error);
}
