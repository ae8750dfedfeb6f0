/* The list of objects, its filters and the way between list and object. */
const scandrop = {};
window.scandrop = scandrop;
scandrop.plain = text => String(text);
scandrop.el = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
scandrop.start = () => {};
