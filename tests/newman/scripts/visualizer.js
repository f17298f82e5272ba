// pm.visualizer: what it refuses. Pictures are the app's.

//# a template
pm.visualizer.set("<b>{{x}}</b>", { x: 1 });

//# a template alone
pm.visualizer.set("<b>text</b>");

//# with options
pm.visualizer.set("<b>{{x}}</b>", { x: 1 }, { anything: true });

//# cleared
pm.visualizer.set("<b>text</b>");
pm.visualizer.clear();

//# no template
pm.visualizer.set();

//# a template that is no text
pm.visualizer.set({ a: 1 });

//# data that is none
pm.visualizer.set("text", "data");

//# options that are none
pm.visualizer.set("text", {}, "options");

//# what it returns
console.log(pm.visualizer.set("a"), pm.visualizer.clear());

//# before the request [prerequest]
pm.visualizer.set("<b>text</b>");
