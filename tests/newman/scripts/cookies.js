// pm.cookies and its jar.

//# of the request
console.log(pm.cookies.get("sid"), pm.cookies.has("sid"), pm.cookies.get("none"), pm.cookies.has("none"), pm.cookies.count());

//# as an object
console.log(pm.cookies.toObject());

//# one
const cookie = pm.cookies.one("sid");
console.log(cookie.name, cookie.value, cookie.domain, cookie.path);

//# all
console.log(pm.cookies.all().map((cookie) => cookie.name));

//# each
pm.cookies.each((cookie) => console.log(cookie.name, cookie.value));

//# in an expectation
pm.test("has", () => pm.expect(pm.cookies.has("sid")).to.be.true);
pm.test("value", () => pm.expect(pm.cookies.get("sid")).to.equal("other"));

//# set and get
const jar = pm.cookies.jar();
jar.set("http://a.example/", "one", "1", (error, cookie) => {
  console.log(error, cookie.name, cookie.value);
  jar.get("http://a.example/", "one", (error, value) => console.log(error, value));
});

//# get of nothing
pm.cookies.jar().get("http://a.example/", "none", (error, value) => console.log(error, value));

//# it is there for the next script
pm.cookies.jar().get("http://a.example/", "one", (error, value) => console.log(error, value));

//# another host does not see it
pm.cookies.jar().get("http://b.example/", "one", (error, value) => console.log(error, value));

//# set by a line
const jar = pm.cookies.jar();
jar.set("http://line.example/", "two=2; Path=/; HttpOnly", (error, cookie) => {
  console.log(error, cookie.name, cookie.value, cookie.httpOnly, cookie.path);
});

//# set by an object
const jar = pm.cookies.jar();
jar.set("http://object.example/", { name: "three", value: "3", path: "/p", secure: false, httpOnly: true }, (error, cookie) => {
  console.log(error, cookie.name, cookie.value, cookie.path, cookie.httpOnly);
  jar.get("http://object.example/p/q", "three", (error, value) => console.log(error, value));
  jar.get("http://object.example/other", "three", (error, value) => console.log(error, value));
});

//# getAll
const jar = pm.cookies.jar();
jar.set("http://all.example/", "a", "1", () =>
  jar.set("http://all.example/", "b", "2", () =>
    jar.getAll("http://all.example/", (error, cookies) => console.log(error, cookies.count(), cookies.get("a"), cookies.get("b"))),
  ),
);

//# unset
const jar = pm.cookies.jar();
jar.set("http://unset.example/", "a", "1", () =>
  jar.unset("http://unset.example/", "a", (error) => {
    console.log(error);
    jar.get("http://unset.example/", "a", (error, value) => console.log(error, value));
  }),
);

//# unset of nothing
pm.cookies.jar().unset("http://unset.example/", "none", (error) => console.log(error));

//# clear
const jar = pm.cookies.jar();
jar.set("http://clear.example/", "a", "1", () =>
  jar.clear("http://clear.example/", (error) => {
    console.log(error);
    jar.getAll("http://clear.example/", (error, cookies) => console.log(error, cookies.count()));
  }),
);

//# a value that is no text
pm.cookies.jar().set("http://number.example/", "n", 5, (error, cookie) => console.log(error, cookie.value));

//# without a URL
pm.cookies.jar().get("", "a", () => {});

//# without a name
pm.cookies.jar().get("http://a.example/", undefined, () => {});

//# set without arguments
pm.cookies.jar().set("http://a.example/");

//# unset without a name
pm.cookies.jar().unset("http://a.example/");

//# a cookie for another domain
pm.cookies.jar().set("http://a.example/", "x=1; Domain=b.example", (error, cookie) => console.log(Boolean(error), cookie));

//# a subdomain
const jar = pm.cookies.jar();
jar.set("http://sub.wide.example/", "w=1; Domain=wide.example", (error) => {
  console.log(error);
  jar.get("http://other.wide.example/", "w", (error, value) => console.log(error, value));
});

//# a secure one
const jar = pm.cookies.jar();
jar.set("https://secure.example/", "s=1; Secure", (error, cookie) => {
  console.log(error, cookie.secure);
  jar.get("http://secure.example/", "s", (error, value) => console.log(error, value));
  jar.get("https://secure.example/", "s", (error, value) => console.log(error, value));
});

//# before the request [prerequest]
pm.cookies.jar().set("http://before.example/", "b", "1", (error, cookie) => console.log(error, cookie.value));

//# the old names
console.log(postman.getResponseCookie("sid").value, postman.getResponseCookie("none"), responseCookies.count ? responseCookies.count() : responseCookies.length);

//# an error in the callback
pm.cookies.jar().get("http://a.example/", "one", () => { throw new Error("in the callback"); });
