// The visitor agreed on an earlier page.
(window.attune = window.attune || []).push(["consent", { measure: true, personalise: true }]);
