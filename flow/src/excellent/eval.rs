//! Evaluates expressions.
use std::sync::Arc;

use jiff::Zoned;
use jiff::civil::Date;
use smallvec::SmallVec;

use crate::env::Environment;
use crate::source::Source;
use crate::text::locations::Hierarchy;

use super::ast::{Expression, Lambda, Name, Operator};
use super::decimal::{Decimal, OutOfRange};
use super::functions;
use super::value::{Closure, Error, Frame, Function, Value};

/// What one template may cost to evaluate: one for each value made, and for a text its bytes (RapidPro's limit).
pub const MAX_BUDGET: u64 = 10_000_000;
/// How deep an evaluation may go, through brackets, calls and lambdas together: what fits on the stack of a thread.
const MAX_DEPTH: usize = 400;
/// What most calls take.
const USUAL_ARGUMENTS: usize = 2;
const TOO_COMPLEX: &str = "expression is too complex to evaluate";

/// Where the names at the top of a path come from: `contact`, `fields`, `results`...
pub trait Root {
    /// The value of a top level (in lower case); `None` when there is no such name.
    fn get(&self, name: &str) -> Option<Value>;
    /// The value of a property of a top level, where that can be had without making a value of the top level first;
    /// `None` when it cannot, or when there is no such property.
    fn property(&self, name: &str, key: &str) -> Option<Value> {
        let _ = (name, key);
        None
    }
    /// The same for a property of such a property.
    fn inner_property(&self, name: &str, key: &str, inner: &str) -> Option<Value> {
        let _ = (name, key, inner);
        None
    }
    /// Whether there is such a name.
    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
    /// Why a top level should no longer be used, if so.
    fn deprecation(&self, name: &str) -> Option<Arc<str>> {
        let _ = name;
        None
    }
    /// An address that has been read already, as a person would write it.
    fn shown_urn(&self, urn: &str) -> Option<String> {
        let _ = urn;
        None
    }
    /// The places that the `has_state` family knows.
    fn locations(&self) -> Option<&Hierarchy> {
        None
    }
    /// The template of an instruction to a language model, for `prompt()`; its arguments are `{{ .arg1 }}`...
    fn prompt(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }
}

/// Everything that an evaluation may look at, and what it has used up.
pub struct Scope<'a> {
    pub env: &'a Environment,
    pub root: &'a dyn Root,
    pub source: &'a mut dyn Source,
    budget: u64,
    depth: usize,
    warnings: Vec<Arc<str>>,
}

impl<'a> Scope<'a> {
    /// A scope with a fresh budget.
    pub fn new(env: &'a Environment, root: &'a dyn Root, source: &'a mut dyn Source) -> Self {
        Self { env, root, source, budget: MAX_BUDGET, depth: 0, warnings: Vec::new() }
    }

    pub(super) fn refill(&mut self) {
        self.budget = MAX_BUDGET;
        self.depth = 0;
    }

    pub(super) fn take_warnings(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether the budget is used up. Whatever is evaluated from here on is an error.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.budget == 0
    }

    /// Takes from the budget; gives the value back, or an error when there was not enough left.
    pub fn spend(&mut self, value: Value) -> Value {
        self.budget = self.budget.saturating_sub(value.cost());
        if self.budget == 0 { too_complex() } else { value }
    }

    /// A value as date with time (see [`Value::to_datetime`]).
    ///
    /// # Errors
    /// When it is an error or no date.
    pub fn datetime(&mut self, value: &Value) -> Result<Zoned, Error> {
        let source = &mut *self.source;
        value.to_datetime(self.env, &mut || source.now())
    }

    /// A value as date with time, the time of day filled in (see [`Value::to_datetime_filled`]).
    ///
    /// # Errors
    /// When it is an error or no date.
    pub fn datetime_filled(&mut self, value: &Value) -> Result<Zoned, Error> {
        let source = &mut *self.source;
        value.to_datetime_filled(self.env, &mut || source.now())
    }

    /// A value as date (see [`Value::to_date`]).
    ///
    /// # Errors
    /// When it is an error or no date.
    pub fn date(&mut self, value: &Value) -> Result<Date, Error> {
        let source = &mut *self.source;
        value.to_date(self.env, &mut || source.now())
    }

    /// The present moment in the environment's zone.
    pub fn now(&mut self) -> Zoned {
        self.source.now().to_zoned(self.env.timezone.clone())
    }

    /// Takes from the budget for work that makes no value.
    pub fn spend_many(&mut self, cost: u64) {
        self.budget = self.budget.saturating_sub(cost);
    }

    /// Calls a function with values.
    pub fn call(&mut self, function: &Function, arguments: &[Value]) -> Value {
        let result = match function {
            Function::Builtin(builtin) => builtin.call(self, arguments),
            Function::Lambda(closure) => self.call_lambda(closure, arguments),
        };
        match self.spend(result) {
            Value::Error(error) if !self.is_exhausted() => {
                Value::error(format!("error calling {}(...): {error}", function.name()))
            }
            value => value,
        }
    }

    fn call_lambda(&mut self, closure: &Closure, arguments: &[Value]) -> Value {
        let Lambda { parameters, body } = closure.lambda.as_ref();
        if parameters.len() != arguments.len() {
            return Value::error(format!("need {} argument(s), got {}", parameters.len(), arguments.len()));
        }
        let frame =
            Frame { names: parameters.clone(), values: arguments.to_vec(), outer: closure.frame.clone() };
        self.evaluate(body, Some(&Arc::new(frame)))
    }

    /// The value of an expression; mistakes are values too.
    pub(super) fn evaluate(&mut self, expression: &Expression, frame: Option<&Arc<Frame>>) -> Value {
        if self.depth >= MAX_DEPTH {
            self.budget = 0;
        }
        if self.is_exhausted() {
            return too_complex();
        }
        self.depth += 1;
        let value = self.evaluate_node(expression, frame);
        self.depth -= 1;
        value
    }

    fn evaluate_node(&mut self, expression: &Expression, frame: Option<&Arc<Frame>>) -> Value {
        let value = match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Name(name) => self.look_up_name(name, frame),
            Expression::Property(container, key) => match self.short_cut(container, key) {
                Some(value) => value,
                None => {
                    let container = self.evaluate(container, frame);
                    self.look_up_property(&container, key)
                }
            },
            Expression::Index(container, key) => {
                let container = self.evaluate(container, frame);
                let key = self.evaluate(key, frame);
                self.look_up_index(&container, &key)
            }
            // A call has paid for its result already.
            Expression::Call(function, arguments) => {
                return self.evaluate_call(function, arguments, frame);
            }
            Expression::Lambda(lambda) => {
                let closure = Closure { lambda: lambda.clone(), frame: frame.cloned() };
                Value::Function(Function::Lambda(Arc::new(closure)))
            }
            Expression::Group(inner) => return self.evaluate(inner, frame),
            Expression::Negate(inner) => {
                let inner = self.evaluate(inner, frame);
                inner.to_number().map(Decimal::negated).into()
            }
            Expression::Chain(first, rest) => return self.evaluate_chain(first, rest, frame),
        };
        self.spend(value)
    }

    /// The property at the end of a path such as `fields.age` or `results.age.value`, without making values of what
    /// stands before it. It costs what they would have cost.
    fn short_cut(&mut self, container: &Expression, key: &str) -> Option<Value> {
        let (value, cost) = match container {
            Expression::Name(name) if !name.is_parameter => (self.root.property(&name.name, key)?, 1),
            Expression::Property(outer, middle) => match &**outer {
                Expression::Name(name) if !name.is_parameter => {
                    (self.root.inner_property(&name.name, middle, key)?, 2)
                }
                _ => return None,
            },
            _ => return None,
        };
        self.spend_many(cost);
        Some(value)
    }

    fn evaluate_chain(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        frame: Option<&Arc<Frame>>,
    ) -> Value {
        let mut result = self.evaluate(first, frame);
        for (operator, next) in rest {
            let next = self.evaluate(next, frame);
            let value = operate(*operator, &result, &next).into();
            result = self.spend(value);
        }
        result
    }

    fn look_up_name(&mut self, name: &Name, frame: Option<&Arc<Frame>>) -> Value {
        if name.is_parameter
            && let Some(value) = frame.and_then(|f| f.find(&name.name))
        {
            return value.clone();
        }
        if let Some(value) = self.root.get(&name.name) {
            if let Some(warning) = self.root.deprecation(&name.name) {
                self.warnings.push(warning);
            }
            return value;
        }
        match name.builtin {
            Some(builtin) => Value::Function(Function::Builtin(builtin)),
            None => Value::error(format!("context has no property '{}'", name.name)),
        }
    }

    fn look_up_property(&mut self, container: &Value, key: &str) -> Value {
        match container {
            Value::Object(object) => {
                if let Some(warning) = object.deprecation(key) {
                    self.warnings.push(warning);
                }
                match object.get(key) {
                    Some(value) => value,
                    None => Value::error(format!("object has no property '{key}'")),
                }
            }
            Value::Array(items) => item(items, &Value::from(key)).into(),
            Value::Error(_) => container.clone(),
            other => Value::error(format!("{} doesn't support lookups", other.describe())),
        }
    }

    fn look_up_index(&mut self, container: &Value, key: &Value) -> Value {
        if let Value::Error(_) = key
            && !container.is_error()
        {
            return key.clone();
        }
        match container {
            Value::Array(items) => item(items, key).into(),
            Value::Object(_) => match key.to_text() {
                Ok(key) => self.look_up_property(container, &key),
                Err(error) => Value::Error(error),
            },
            other => self.look_up_property(other, ""),
        }
    }

    fn evaluate_call(
        &mut self,
        function: &Expression,
        arguments: &[Expression],
        frame: Option<&Arc<Frame>>,
    ) -> Value {
        let called = match function {
            // Saves making a value of the function that is thrown away at once.
            Expression::Name(Name { builtin: Some(builtin), name, is_parameter: false })
                if !self.root.has(name) =>
            {
                Function::Builtin(builtin)
            }
            _ => match self.evaluate(function, frame) {
                Value::Function(function) => function,
                error @ Value::Error(_) => return error,
                _ => return Value::error(format!("{function} is not a function")),
            },
        };
        let mut values: SmallVec<[Value; USUAL_ARGUMENTS]> = SmallVec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument, frame));
        }
        self.call(&called, &values)
    }
}

pub(super) fn too_complex() -> Value {
    Value::error(TOO_COMPLEX)
}

fn item(items: &[Value], key: &Value) -> Result<Value, Error> {
    let index = key.to_integer()?;
    let at = if index < 0 { index + items.len() as i64 } else { index };
    usize::try_from(at)
        .ok()
        .and_then(|at| items.get(at))
        .cloned()
        .ok_or_else(|| Error::new(format!("index {index} out of range for {} items", items.len())))
}

fn operate(operator: Operator, left: &Value, right: &Value) -> Result<Value, Error> {
    match operator {
        Operator::Join => {
            let (left, right) = (left.to_text()?, right.to_text()?);
            return Ok(Value::from([&*left, &*right].concat()));
        }
        Operator::Equal => return Ok(Value::Boolean(left.to_text()? == right.to_text()?)),
        Operator::NotEqual => return Ok(Value::Boolean(left.to_text()? != right.to_text()?)),
        _ => {}
    }
    let (a, b) = (left.to_number()?, right.to_number()?);
    let number = |result: Result<Decimal, OutOfRange>| result.map(Value::Number).map_err(Error::from);
    match operator {
        Operator::Power => number(a.power(b)),
        Operator::Times => number(a.times(b)),
        Operator::Divide if b.is_zero() => Err(Error::new("division by zero")),
        Operator::Divide => number(a.over(b)),
        Operator::Plus => number(a.plus(b)),
        Operator::Minus => number(a.minus(b)),
        Operator::Less => Ok(Value::Boolean(a < b)),
        Operator::LessOrEqual => Ok(Value::Boolean(a <= b)),
        Operator::Greater => Ok(Value::Boolean(a > b)),
        Operator::GreaterOrEqual => Ok(Value::Boolean(a >= b)),
        Operator::Join | Operator::Equal | Operator::NotEqual => Ok(Value::Null),
    }
}

/// Calls a function or router test by its name, as a switch router does with its operand and arguments. The
/// message of an error is the function's own, without `error calling ...`.
pub fn call_function(name: &str, arguments: &[Value], scope: &mut Scope<'_>) -> Value {
    match functions::find(&name.to_lowercase()) {
        Some(builtin) => builtin.call(scope, arguments),
        None => Value::error(format!("no such function: {name}")),
    }
}
