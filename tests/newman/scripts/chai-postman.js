// Postman's own assertions for responses and requests.

//# status by number
pm.test("a", () => pm.response.to.have.status(200));
pm.test("b", () => pm.response.to.have.status(404));
pm.test("c", () => pm.response.to.not.have.status(200));

//# status by word
pm.test("a", () => pm.response.to.have.status("OK"));
pm.test("b", () => pm.response.to.have.status("Not Found"));

//# statusCode, statusReason, statusCodeClass
pm.test("a", () => pm.response.to.have.statusCode(201));
pm.test("b", () => pm.response.to.have.statusReason("Created"));
pm.test("c", () => pm.response.to.have.statusCodeClass(2));
pm.test("d", () => pm.response.to.have.statusCodeClass(4));

//# classes of statuses
pm.test("a", () => pm.response.to.be.info);
pm.test("b", () => pm.response.to.be.success);
pm.test("c", () => pm.response.to.be.redirection);
pm.test("d", () => pm.response.to.be.clientError);
pm.test("e", () => pm.response.to.be.serverError);
pm.test("f", () => pm.response.to.be.error);
pm.test("g", () => pm.response.to.not.be.error);

//# named statuses
pm.test("a", () => pm.response.to.be.ok);
pm.test("b", () => pm.response.to.be.accepted);
pm.test("c", () => pm.response.to.be.badRequest);
pm.test("d", () => pm.response.to.be.unauthorized);
pm.test("e", () => pm.response.to.be.forbidden);
pm.test("f", () => pm.response.to.be.notFound);
pm.test("g", () => pm.response.to.be.rateLimited);
pm.test("h", () => pm.response.to.be.unauthorised);

//# header
pm.test("a", () => pm.response.to.have.header("content-type"));
pm.test("b", () => pm.response.to.have.header("none"));
pm.test("c", () => pm.response.to.have.header("content-type", "text/plain"));
pm.test("d", () => pm.response.to.have.header("X-Twice", "two"));
pm.test("e", () => pm.response.to.not.have.header("content-type"));

//# body
pm.test("a", () => pm.response.to.have.body());
pm.test("b", () => pm.response.to.have.body("other"));
pm.test("c", () => pm.response.to.have.body(/Ada/));
pm.test("d", () => pm.response.to.have.body(/Bob/));
pm.test("e", () => pm.response.to.have.body({ id: 7, tags: ["a", "b"], user: { name: "Ada" } }));
pm.test("f", () => pm.response.to.have.body({ id: 8 }));

//# jsonBody
pm.test("a", () => pm.response.to.have.jsonBody());
pm.test("b", () => pm.response.to.have.jsonBody("user.name"));
pm.test("c", () => pm.response.to.have.jsonBody("user.none"));
pm.test("d", () => pm.response.to.have.jsonBody("user.name", "Ada"));
pm.test("e", () => pm.response.to.have.jsonBody("user.name", "Bob"));
pm.test("f", () => pm.response.to.have.jsonBody({ id: 7, tags: ["a", "b"], user: { name: "Ada" } }));
pm.test("g", () => pm.response.to.have.jsonBody({ id: 8 }));
pm.test("h", () => pm.response.to.not.have.jsonBody("id"));

//# withBody and json
pm.test("a", () => pm.response.to.be.withBody);
pm.test("b", () => pm.response.to.be.json);
pm.test("c", () => pm.response.to.not.be.withBody);
pm.test("d", () => pm.response.to.not.be.json);

//# jsonSchema of the response
pm.test("a", () => pm.response.to.have.jsonSchema({ type: "object", required: ["id"], properties: { id: { type: "number" } } }));
pm.test("b", () => pm.response.to.have.jsonSchema({ required: ["missing"] }));
pm.test("c", () => pm.response.to.have.jsonSchema({ properties: { id: { type: "string" }, tags: { maxItems: 1 } } }, { allErrors: true }));
pm.test("d", () => pm.response.to.not.have.jsonSchema({ type: "object" }));

//# jsonSchema of a value
pm.test("a", () => pm.expect({ a: 1 }).to.have.jsonSchema({ properties: { a: { type: "string" } } }));
pm.test("b", () => pm.expect([1, 2]).to.have.jsonSchema({ type: "array", items: { type: "integer" } }));
pm.test("c", () => pm.expect("x").to.be.jsonSchema({ type: "number" }));

//# responseTime
pm.test("a", () => pm.response.to.have.responseTime.below(1000));
pm.test("b", () => pm.response.to.have.responseTime.above(1000));
pm.test("c", () => pm.expect(pm.response.responseTime).to.be.below(5));

//# responseSize
pm.test("a", () => pm.response.to.have.responseSize.above(1));
pm.test("b", () => pm.response.to.have.responseSize(5));

//# through pm.expect
pm.test("a", () => pm.expect(pm.response).to.have.status(200));
pm.test("b", () => pm.expect(pm.response).to.have.property("code", 200));
pm.test("c", () => pm.expect(pm.response.code).to.be.oneOf([201, 202]));
pm.test("d", () => pm.expect(pm.response).to.be.a.postmanResponse);
pm.test("e", () => pm.expect(pm.request).to.be.a.postmanRequest);
pm.test("f", () => pm.expect({}).to.be.a.postmanResponse);
pm.test("g", () => pm.expect(1).to.be.a.postmanRequestOrResponse);

//# what is no response
pm.test("a", () => pm.expect({}).to.have.status(200));
pm.test("b", () => pm.expect({}).to.have.header("x"));

//# charset and contentType
pm.test("a", () => pm.response.to.have.charset("utf-8"));
pm.test("b", () => pm.response.to.have.contentType("application/json"));

//# headers of the request
pm.test("a", () => pm.request.to.have.header("X-One", "1"));
pm.test("b", () => pm.request.to.have.header("X-One", "2"));
